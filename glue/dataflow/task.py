"""Task: converts objects one after the other in a Python process of Spark."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from dataflow.layout import OBJECT, directory_name, rejected_of, target_of
from dataflow.reading.fetching import Stream, fetched
from dataflow.reading.formats import batches
from dataflow.reading.source_file import SourceFailure
from dataflow.rows import ObjectRows
from dataflow.skip_reasons import SkipReason, Unreadable
from dataflow.store import Store
from dataflow.stored import stored_batches
from dataflow.tables import path_values, source_names
from dataflow.writing.parquet_files import ParquetFiles, WriteFailure
from dataflow.writing.rejects import FILE, Rejects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dataflow.objects import Object
    from dataflow.options import Options
    from dataflow.reading.records import Batch
    from dataflow.tables import Table


@dataclass(frozen=True)
class Work:
    """One object to convert."""

    object: Object
    table: Table
    used: tuple[str, ...]  # the columns of the table's earlier objects
    learns: bool = False  # the catalog gets the columns that it lacks from this object
    stored: tuple[str, ...] = ()  # directories with its rows, if only its Parquet exists


@dataclass(frozen=True)
class Job:
    """What all objects of an attempt share."""

    options: Options
    run: str
    attempt: str
    started: float  # seconds since 1970


@dataclass
class Outcome:
    """What became of one object: rows, or the reason why there are none."""

    key: str
    read: int = 0
    rejected: int = 0
    reason: str | None = None  # of the first reject, or of the whole object
    skipped: SkipReason | None = None
    columns: list[str] = field(default_factory=list)
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    directories: list[str] = field(default_factory=list)
    rejected_directory: str | None = None


def convert(job: Job, works: Iterable[Work]) -> Iterator[Outcome]:
    """Convert objects; an object that cannot be read does not affect the others.

    Raises SourceFailure or WriteFailure if S3 does not answer, because then no object can be read.
    """
    store = _store(job.options)
    for work, stream in fetched(store, works):
        try:
            yield _converted(job, store, work, stream)
        except SkipReason as reason:
            yield Outcome(work.object.key, skipped=reason)
        except (SourceFailure, WriteFailure):
            raise
        except Exception as error:  # noqa: BLE001 - one object must not stop the others
            text = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            yield Outcome(work.object.key, skipped=Unreadable(f"the reader failed: {text}"))


def _converted(job: Job, store: Store, work: Work, stream: Stream) -> Outcome:
    name = directory_name(job.attempt, work.object)
    directory = f"{target_of(work.table, job.options)}{OBJECT}={name}/"
    rejects = Rejects(work.object.key, job.run)
    rows = ObjectRows(
        work.table,
        job.options,
        work.used,
        _constants(job, work),
        is_final=bool(work.stored),
        learns=work.learns,
    )
    with ParquetFiles(directory, job.options, store.put_file) as files:
        for batch in _batches(job, store, work, stream):
            found = rows.of(batch)
            rejects.add(found.rejects)
            if not rows.changes:  # else the rows get other types, and do not count
                files.write(found.table, found.partitions)
        outcome = Outcome(work.object.key, rows.read, columns=rows.written, changes=rows.changes)
        if rows.read and not rows.changes and not (work.stored and rejects.count):
            outcome.directories = files.finish()
            outcome.rejected_directory = _write_rejects(store, work, name, rejects)
    outcome.rejected, outcome.reason = rejects.count, rejects.example
    return outcome


def _batches(job: Job, store: Store, work: Work, stream: Stream) -> Iterator[Batch]:
    if work.stored:
        return stored_batches(store, work.stored)
    source = job.options.reading
    return batches(stream(), work.object.key, work.object.size, source, source_names(work.table))


def _constants(job: Job, work: Work) -> dict[str, Any]:
    """Return the values of the columns that are the same for all rows of an object."""
    if work.stored:
        return {}
    of_path = zip(work.table.path_columns, path_values(work.object.key, work.table), strict=True)
    return {
        **dict(of_path),
        "_file": work.object.key,
        "_file_modified": datetime.fromisoformat(work.object.modified),
        "_ingested_at": datetime.fromtimestamp(job.started, UTC),
    }


def _write_rejects(store: Store, work: Work, name: str, rejects: Rejects) -> str | None:
    if not rejects.count:
        return None
    directory = f"{rejected_of(work.table)}{OBJECT}={name}/"
    store.put_file(f"{directory}{FILE}", rejects.finish())
    return directory


@cache
def _store(options: Options) -> Store:
    """Return the store of this process."""
    return Store(options)
