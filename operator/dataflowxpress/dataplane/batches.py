"""Batches: the files that hold the rows of each table, as the manifests record them.

The job packs the rows of many objects into the files of a batch. The newest record of a batch
replaces the earlier ones; a batch without rows has no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from dataflowxpress.api.errors import Refused

from .bounded import size_of
from .manifest_log import LOG_BYTES, times
from .manifest_pages import Page, pages
from .table_storage import (
    BatchStorage,
    DataFile,
    TableStorage,
    files_of,
    storage_of,
    tables_of,
)


class Batch(NamedTuple):
    """The files of a batch, and their sums."""

    files: tuple[DataFile, ...]
    storage: BatchStorage


@dataclass
class Batches:
    """The current batches of a bucket."""

    by_name: dict[str, Batch] = field(default_factory=dict)
    replaced: Mapping[str, datetime] = field(default_factory=dict)  # directories, and when
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
                    self.by_name[str(name)] = batch = Batch(files_of(record), storage_of(record))
                    self._size += _bytes(batch)
            if "replaced" in page.head:
                self.replaced = times(page.head["replaced"])
        if self._size > LOG_BYTES:
            raise Refused(f"the manifests up to {page.stored} name too many files")

    def tables(self) -> list[TableStorage]:
        """Return what each table takes, by name."""
        sums = {name: batch.storage for name, batch in self.by_name.items()}
        return tables_of(sums, self.replaced)

    def files(self, table: str = "") -> Iterable[DataFile]:
        """Yield the current files of a table, or of all tables, by key."""
        batches = self.by_name.values()
        return sorted(
            file for each in batches if table in {"", each.storage.table} for file in each.files
        )


def _bytes(batch: Batch | None) -> int:
    return size_of((file.key,) for file in batch.files) if batch else 0
