"""Batches: the files that hold the rows of each table, as the manifests record them.

The job packs the rows of many objects into the files of a batch. The newest record of a batch
replaces the earlier ones; a batch without rows has no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dataflowxpress.api.errors import Refused

from .manifest_log import LOG_BYTES, OBJECT_BYTES
from .manifest_pages import Page, pages

SMALL = 16 * 2**20  # bytes of a file that queries read at little more cost than an empty one
MANY = 100  # small files of a table that slow its queries down


class DataFile(NamedTuple):
    """A Parquet file."""

    key: str
    size: int  # bytes
    rows: int


class Batch(NamedTuple):
    """The files of a batch."""

    table: str
    files: tuple[DataFile, ...]


class TableStorage(NamedTuple):
    """What the Parquet of a table takes; without files from before tables had batches."""

    table: str
    batches: int
    files: int
    small_files: int
    size: int  # bytes
    rows: int
    replaced: str  # when the oldest files were replaced that are not deleted yet; or empty

    @property
    def has_many_small_files(self) -> bool:
        """Whether most files are small, and they are many: `target.partitionBy` has many values."""
        return self.small_files >= MANY and 2 * self.small_files > self.files


@dataclass
class Batches:
    """The current batches of a bucket."""

    by_name: dict[str, Batch] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)  # directories, and when
    _size: int = 0

    @classmethod
    def load(cls, s3: Any, bucket: str) -> Batches:
        """Read the batches of a bucket; raises Refused if the manifests are malformed."""
        found = cls()
        for page in pages(s3, bucket):
            found.add(page)
            for _ in page.entries:  # a snapshot must be read to its end
                pass
        return found

    def add(self, page: Page) -> None:
        """Add the records of a manifest, or of a snapshot."""
        with page.stored.parsing():
            for name, record in dict(page.head.get("batches", {})).items():
                self._size -= _bytes(self.by_name.pop(str(name), None))
                if record:
                    self.by_name[str(name)] = batch = _batch(record)
                    self._size += _bytes(batch)
            if "replaced" in page.head:
                self.replaced = {str(key): str(at) for key, at in page.head["replaced"].items()}
        if self._size > LOG_BYTES:
            raise Refused(f"the manifests up to {page.stored} name too many files")

    def storage(self) -> list[TableStorage]:
        """Return what each table takes, by name."""
        tables = sorted({batch.table for batch in self.by_name.values()})
        return [self._storage(table) for table in tables]

    def files(self, table: str = "") -> Iterable[DataFile]:
        """Yield the current files of a table, or of all tables, by key."""
        batches = self.by_name.values()
        return sorted(file for each in batches if table in {"", each.table} for file in each.files)

    def _storage(self, table: str) -> TableStorage:
        batches = [each for each in self.by_name.values() if each.table == table]
        files = [file for each in batches for file in each.files]
        times = [at for key, at in self.replaced.items() if f"/{table}/dfx_" in f"/{key}"]
        return TableStorage(
            table=table,
            batches=len(batches),
            files=len(files),
            small_files=sum(file.size < SMALL for file in files),
            size=sum(file.size for file in files),
            rows=sum(file.rows for file in files),
            replaced=min(times, default=""),
        )


def _batch(record: Mapping[str, Any]) -> Batch:
    directory = str(record["directory"])
    files = (
        DataFile(directory + str(path), int(size), int(rows))
        for path, size, rows in record["files"]
    )
    return Batch(str(record["table"]), tuple(files))


def _bytes(batch: Batch | None) -> int:
    return sum(OBJECT_BYTES + len(file.key) for file in batch.files) if batch else 0
