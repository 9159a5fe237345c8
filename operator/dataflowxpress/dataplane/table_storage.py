"""Table storage: the files, bytes and batches of each table, in sums. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Self

from dataflowxpress.api.status import Table
from dataflowxpress.api.timestamps import format_time

from .bounded import size_of

BATCH_BYTES = 200  # of the sums of a batch in memory, without texts and OBJECT_BYTES
SMALL_FILE = 16 * 2**20  # bytes of a file that queries read at little more cost than an empty one
SHOWN = 20  # tables in the status
LONGEST_NAME = 255  # characters of a table or column in the catalog
MOST_COLUMNS = 4  # in `target.partitionBy`
LARGEST_TABLE = 2**62  # bytes, rows or files
LARGEST_BATCH = 2**44  # bytes or rows: the sum over all batches is an integer of 64 bits
MANY = 100  # small files of a table that slow its queries down


class DataFile(NamedTuple):
    """A Parquet file."""

    key: str
    size: int  # bytes
    rows: int


class BatchStorage(NamedTuple):
    """The sums of a batch."""

    table: str
    partition_by: tuple[str, ...]
    files: int
    small_files: int
    size: int  # bytes
    rows: int

    @classmethod
    def of(cls, table: str, partition_by: Sequence[str], files: Sequence[DataFile]) -> Self:
        """Return the sums of *files*."""
        return cls(
            table=table,
            partition_by=tuple(partition_by),
            files=len(files),
            small_files=sum(file.size < SMALL_FILE for file in files),
            size=sum(file.size for file in files),
            rows=sum(file.rows for file in files),
        )


class TableStorage(NamedTuple):
    """The sums of a table; without files from before tables had batches."""

    table: str
    partition_by: tuple[str, ...]  # of its newest batch
    batches: int
    files: int
    small_files: int
    size: int  # bytes
    rows: int
    replaced: datetime | None  # when the oldest files were replaced that are not deleted yet
    format: Literal["Parquet", "Iceberg"] = "Parquet"

    @property
    def warning(self) -> str:
        """Why queries are slow, and the fix; empty unless `target.partitionBy` is the reason.

        Without partition columns, the job merges small files.
        """
        if self.small_files < MANY or 2 * self.small_files <= self.files or not self.partition_by:
            return ""
        return (
            f"{self.small_files} of {self.files} files are smaller than {SMALL_FILE // 2**20} MiB,"
            f" which slows queries down, because {' and '.join(self.partition_by)}"
            f" {'has' if len(self.partition_by) == 1 else 'have'} many values: name columns with"
            " fewer values in spec.target.partitionBy"
        )


@dataclass
class Storage:
    """The sums of the current batches of a bucket, and of its Iceberg tables, by name."""

    batches: dict[str, BatchStorage] = field(default_factory=dict)
    iceberg: dict[str, TableStorage] = field(default_factory=dict)
    size: int = 0  # of the batches, in bytes of memory

    def update(self, records: Mapping[str, Any]) -> None:
        """Replace batches by those of a manifest; a batch without rows has no record.

        Raises an error of a type in `bounded` if a record is malformed.
        """
        for name, record in records.items():
            self.size -= _bytes(name, self.batches.pop(name, None))
            if record:
                self.batches[name] = batch = storage_of(record)
                self.size += _bytes(name, batch)

    def update_iceberg(self, totals: Mapping[str, Any]) -> None:
        """Replace the sums of Iceberg tables by those of a manifest.

        Raises an error of a type in `bounded` if they are malformed.
        """
        for name, sums in totals.items():
            if name not in self.iceberg:
                self.size += BATCH_BYTES + size_of([(name,)])
            self.iceberg[name] = iceberg_of(name, sums)

    def tables(self, replaced: Mapping[str, datetime]) -> list[TableStorage]:
        """Return the tables; *replaced* has the directories that are not deleted yet."""
        return [*tables_of(self.batches, replaced), *self.iceberg.values()]


def tables_of(
    batches: Mapping[str, BatchStorage], replaced: Mapping[str, datetime]
) -> list[TableStorage]:
    """Return the sums of each table, by name."""
    oldest: dict[str, datetime] = {}
    for directory, at in replaced.items():
        table = directory.partition("/dfx_")[0].rpartition("/")[2]
        oldest[table] = min(at, oldest.get(table, at))
    by_age = [batches[name] for name in sorted(batches)]  # names begin with a growing number
    by_table = groupby(sorted(by_age, key=attrgetter("table")), attrgetter("table"))
    return [_table(table, [*found], oldest.get(table)) for table, found in by_table]


def _table(name: str, batches: Sequence[BatchStorage], replaced: datetime | None) -> TableStorage:
    return TableStorage(
        table=name,
        partition_by=batches[-1].partition_by,
        batches=len(batches),
        files=sum(batch.files for batch in batches),
        small_files=sum(batch.small_files for batch in batches),
        size=sum(batch.size for batch in batches),
        rows=sum(batch.rows for batch in batches),
        replaced=replaced,
    )


def files_of(record: Mapping[str, Any]) -> tuple[DataFile, ...]:
    """Return the files of a batch's record in a manifest."""
    directory = str(record["directory"])
    return tuple(
        DataFile(directory + str(path), int(size), int(rows))
        for path, size, rows in record["files"]
    )


def storage_of(record: Mapping[str, Any]) -> BatchStorage:
    """Return the sums of a batch's record in a manifest.

    Raises ValueError for a record that the job cannot have written, whose texts and numbers do not
    fit in a status.
    """
    names = [str(each) for each in (record["table"], *record["partition_by"])]
    found = BatchStorage.of(names[0], names[1:], files_of(record))
    if len(names) > 1 + MOST_COLUMNS:
        raise ValueError(f"there are more than {MOST_COLUMNS} partition columns")
    _check(names, (found.size, found.rows), LARGEST_BATCH)
    return found


def iceberg_of(name: str, sums: Mapping[str, Any]) -> TableStorage:
    """Return the sums of an Iceberg table, as its newest commit has them in a manifest.

    Raises ValueError for sums that do not fit in a status.
    """
    files, size, rows = (int(sums[each]) for each in ("files", "bytes", "rows"))
    _check([name], (files, size, rows), LARGEST_TABLE)
    return TableStorage(
        table=name.removesuffix("_iceberg"),
        partition_by=(),
        batches=0,
        files=files,
        small_files=0,
        size=size,
        rows=rows,
        replaced=None,
        format="Iceberg",
    )


def _check(names: Iterable[str], sums: Iterable[int], largest: int) -> None:
    if max(map(len, names)) > LONGEST_NAME:
        raise ValueError(f"a name is longer than {LONGEST_NAME} characters, as in the catalog")
    if not all(0 <= each <= largest for each in sums):
        raise ValueError(f"a sum is not from 0 to {largest}")


def in_status(tables: Iterable[TableStorage]) -> tuple[Table, ...]:
    """Return the tables for the status, by name: those with a warning, then the largest."""
    chosen = nlargest(SHOWN, tables, key=lambda each: (bool(each.warning), each.size))
    by_name = sorted(chosen, key=attrgetter("table", "format"))
    return tuple(_as_status(each) for each in by_name)


def _as_status(storage: TableStorage) -> Table:
    return Table(
        name=storage.table,
        format=storage.format,
        rows=storage.rows,
        bytes=storage.size,
        files=storage.files,
        batches=storage.batches,
        small_files=storage.small_files,
        replaced_since=format_time(storage.replaced) if storage.replaced else "",
        warning=storage.warning,
    )


def _bytes(name: str, batch: BatchStorage | None) -> int:
    if batch is None:
        return 0
    return BATCH_BYTES + size_of([(name, batch.table, *batch.partition_by)])
