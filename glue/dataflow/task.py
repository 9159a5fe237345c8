"""Task: converts objects one after the other in a Python process of Spark.

The rows of small objects share files. An object whose conversion fails contributes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any

from dataflow.batches import STAGED
from dataflow.layout import OBJECT, directory_name, rejected_of
from dataflow.objects import Object, digest
from dataflow.reading.fetching import Stream, fetched
from dataflow.reading.formats import batches
from dataflow.reading.source_file import SourceFailure
from dataflow.rows import ObjectRows
from dataflow.skip_reasons import SkipReason, Unreadable
from dataflow.store import Store
from dataflow.stored import StoredRows, stored_batches
from dataflow.tables import Table, path_values, source_names
from dataflow.writing.packed_rows import FileOptions, ObjectRowsBuffer, PackedRows, Written
from dataflow.writing.parquet_files import WriteFailure
from dataflow.writing.rejects import FILE, Rejects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dataflow.options import Options
    from dataflow.reading.records import Batch


@dataclass(frozen=True)
class Work:
    """One object to convert."""

    object: Object
    table: Table
    used: tuple[str, ...]  # the columns of the table's earlier objects
    batch: str  # the name of the batch for the rows
    is_new: bool = True  # the batch has no rows of the object yet
    learns: bool = False  # the catalog gets the columns that it lacks from this object
    stored: StoredRows | None = None  # its rows, if only its Parquet exists


@dataclass(frozen=True)
class Job:
    """What all objects of an attempt share."""

    options: Options
    run: str
    number: int  # of the manifest that will name the rows
    attempt: str
    started: float  # seconds since 1970

    @property
    def staged(self) -> str:
        """The directory of the files that the attempt writes."""
        return f"{STAGED}{self.attempt}/"


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
    batch: str | None = None  # of its rows
    rejected_directory: str | None = None


def convert(job: Job, works: Iterable[Work]) -> Iterator[Outcome | Written]:
    """Convert objects, those of a batch one after the other; yield also the files of each batch.

    An object that cannot be read does not affect the others. Raises SourceFailure or WriteFailure
    if S3 does not answer, because then no object can be read.
    """
    store = _store(job.options)
    opened = fetched(store, works)
    for (table, batch), members in groupby(
        opened, lambda each: (each[0].table.name, each[0].batch)
    ):
        with PackedRows(table, batch, job.number, _file_options(job, store)) as packed:
            for work, stream in members:
                yield _outcome(job, store, packed, work, stream)
            yield from packed.finish()


def _outcome(job: Job, store: Store, packed: PackedRows, work: Work, stream: Stream) -> Outcome:
    with ObjectRowsBuffer(_file_options(job, store)) as buffer:
        try:
            outcome = _converted(job, store, work, stream, buffer)
        except SkipReason as reason:
            return Outcome(work.object.key, skipped=reason)
        except (SourceFailure, WriteFailure):
            raise
        except Exception as error:  # noqa: BLE001 - one object must not stop the others
            text = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            return Outcome(work.object.key, skipped=Unreadable(f"the reader failed: {text}"))
        # From here on an error fails the run: the files of the other objects may be incomplete.
        if outcome.read > outcome.rejected and not outcome.changes:
            outcome.batch = packed.add(buffer, is_new=work.is_new)
        return outcome


def _converted(
    job: Job, store: Store, work: Work, stream: Stream, buffer: ObjectRowsBuffer
) -> Outcome:
    rejects = Rejects(work.object.key, job.run)
    rows = ObjectRows(
        work.table,
        job.options,
        work.used,
        _constants(job, work),
        is_final=bool(work.stored),
        learns=work.learns,
    )
    for batch in _batches(job, store, work, stream):
        found = rows.of(batch)
        rejects.add(found.rejects)
        if not rows.changes:  # else the rows get other types, and do not count
            buffer.add(found.table, found.partitions)
    outcome = Outcome(work.object.key, rows.read, columns=rows.written, changes=rows.changes)
    if work.stored:
        work.stored.check(rows.read, rejects.count)
    elif rows.read and not rows.changes:
        outcome.rejected_directory = _write_rejects(job, store, work, rejects)
    buffer.finish()
    outcome.rejected, outcome.reason = rejects.count, rejects.example
    return outcome


def _file_options(job: Job, store: Store) -> FileOptions:
    def upload(path: str, file: IO[bytes]) -> None:
        store.put_file(job.staged + path, file)

    options = job.options
    return FileOptions(
        options.partitions, options.compression, upload, int96=not options.is_iceberg
    )


def _batches(job: Job, store: Store, work: Work, stream: Stream) -> Iterator[Batch]:
    if work.stored:
        return stored_batches(store, work.stored)
    source = job.options.reading
    return batches(stream(), work.object.key, work.object.size, source, source_names(work.table))


def _constants(job: Job, work: Work) -> dict[str, Any]:
    """Return the values of the columns that are the same for all rows of an object."""
    if work.stored:
        return {OBJECT: digest(work.object.key)}  # of files from before they had the column
    of_path = zip(work.table.path_columns, path_values(work.object.key, work.table), strict=True)
    return {
        **dict(of_path),
        OBJECT: digest(work.object.key),
        "_file": work.object.key,
        "_file_modified": datetime.fromisoformat(work.object.modified),
        "_ingested_at": datetime.fromtimestamp(job.started, UTC),
    }


def _write_rejects(job: Job, store: Store, work: Work, rejects: Rejects) -> str | None:
    if not rejects.count:
        return None
    name = directory_name(job.attempt, work.object)
    directory = f"{rejected_of(work.table)}{OBJECT}={name}/"
    store.put_file(f"{directory}{FILE}", rejects.finish())
    return directory


@cache
def _store(options: Options) -> Store:
    """Return the store of this process."""
    return Store(options)
