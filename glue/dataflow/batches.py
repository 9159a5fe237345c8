"""Batches: packs of a table's rows; each batch is a directory of Parquet files.

A batch is a partition of the catalog's table. Its name never changes. Its directory changes when
its rows do, so one call to the catalog replaces old rows by new ones.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Json = dict[str, Any]

BATCH = "dfx_batch"  # the partition key of the catalog's table
STAGED = "dataflowxpress/staged/"  # files that are not in the directory of their batch yet
FULL = 128 * 1024 * 1024  # bytes of Parquet from which on a batch gets no further objects


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of a batch."""

    path: str  # below the directory of the batch; its last part is unique in the bucket
    size: int  # bytes
    rows: int

    @property
    def folder(self) -> str:
        """The folders of the values of the partition columns, each with a slash."""
        return self.path[: self.path.rfind("/") + 1]

    @property
    def values(self) -> tuple[str, ...]:
        """The values of the partition columns, as the catalog has them."""
        folders = self.folder.split("/")[:-1]
        return tuple(unquote(each.partition("=")[2]) for each in folders)


@dataclass(frozen=True, slots=True)
class Batch:
    """The files that hold the rows of some objects of a table."""

    name: str
    table: str
    directory: str  # below the target, with a slash at its end
    partition_by: tuple[str, ...]
    files: tuple[DataFile, ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(each.size for each in self.files)

    @property
    def rows(self) -> int:
        """The rows of all files."""
        return sum(each.rows for each in self.files)

    @property
    def target(self) -> str:
        """The directory of the table."""
        return self.directory[: self.directory.index(f"{BATCH}=")]

    @property
    def partitions(self) -> dict[tuple[str, ...], str]:
        """The directories of the batch's partitions in the catalog, by their values."""
        return {(self.name, *each.values): self.directory + each.folder for each in self.files}

    def has_layout(self, target: str, partition_by: Iterable[str]) -> bool:
        """Return whether files with these partition columns in this target can be added."""
        return self.target == target and self.partition_by == tuple(partition_by)

    def record(self) -> Json:
        """Return the batch as manifests record it."""
        return {
            "table": self.table,
            "directory": self.directory,
            "partition_by": list(self.partition_by),
            "files": [[each.path, each.size, each.rows] for each in self.files],
        }

    @classmethod
    def parse(cls, name: str, record: Json) -> Batch:
        """Return the batch that a manifest records."""
        files = tuple(DataFile(*each) for each in record["files"])
        keys = tuple(record["partition_by"])
        return cls(name, record["table"], record["directory"], keys, files)


def new_name(number: int) -> str:
    """Return the name of a new batch; *number* is that of the manifest that will name it."""
    return f"{number:010d}-{uuid.uuid4().hex[:8]}"


def directory_of(target: str, name: str, attempt: str) -> str:
    """Return the directory of a batch that only this attempt writes."""
    return f"{target}{BATCH}={name}-{attempt}/"


def open_batch(
    batches: Mapping[str, Batch], table: str, target: str, partition_by: Iterable[str]
) -> Batch | None:
    """Return the batch that the next small objects of a table are added to."""
    keys = tuple(partition_by)
    return min(
        (
            each
            for each in batches.values()
            if each.table == table and each.size < FULL and each.has_layout(target, keys)
        ),
        key=lambda each: each.name,
        default=None,
    )


def locations(batches: Mapping[str, Batch]) -> Iterator[str]:
    """Yield the keys of all files."""
    for batch in batches.values():
        yield from (batch.directory + each.path for each in batch.files)
