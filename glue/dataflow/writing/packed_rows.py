"""Packed rows: the rows of each object apart until they are complete, then in shared files."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Self

from dataflow.batches import FULL, DataFile, new_name
from dataflow.writing.parquet_files import ParquetFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

SMALL = 16 * 1024 * 1024  # bytes in memory of an object whose rows share files with others


@dataclass(frozen=True)
class FileOptions:
    """How to write files, and where."""

    partition_by: Sequence[str]
    compression: str
    upload: Callable[[str, IO[bytes]], None]
    int96: bool = True  # of timestamps

    def writer(self) -> ParquetFiles:
        """Return a writer of files with names that no other writer gives."""
        return ParquetFiles(self.partition_by, self.compression, self.upload, int96=self.int96)


@dataclass(frozen=True)
class Written:
    """Files with rows of a batch, below the directory of staged files of the attempt."""

    table: str
    batch: str
    files: list[DataFile]


@dataclass
class ObjectRowsBuffer:
    """The rows of one object: in memory if they are few, else in files of their own."""

    options: FileOptions
    parts: list[tuple[pa.Table, Mapping[str, pa.Array]]] = field(default_factory=list)
    files: list[DataFile] = field(default_factory=list)
    _size: int = 0
    _writer: ParquetFiles | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Return the buffer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the temporary files."""
        self._open.close()

    def add(self, rows: pa.Table, values: Mapping[str, pa.Array]) -> None:
        """Add rows with the texts of their partition columns."""
        self.parts.append((rows, values))
        self._size += rows.nbytes
        if self._size > SMALL and not self._writer:
            self._writer = self._open.enter_context(self.options.writer())
        if self._writer:
            self._write()

    def finish(self) -> None:
        """Complete the object's own files."""
        if self._writer:
            self.files = self._writer.finish()

    @property
    def needs_batch(self) -> bool:
        """Return whether the rows can appear at once only in a batch of their own."""
        is_full = sum(each.size for each in self.files) >= FULL
        return is_full or (len(self.files) > 1 and not self.options.partition_by)

    def _write(self) -> None:
        if self._writer:
            for rows, values in self.parts:
                self._writer.write(rows, values)
            self.parts = []


class PackedRows:
    """The rows of the objects of one batch that one task converts."""

    def __init__(self, table: str, batch: str, number: int, options: FileOptions) -> None:
        self._table, self._batch, self._number = table, batch, number
        self._shared = options.writer()
        self._files: list[DataFile] = []
        self._own: list[Written] = []

    def __enter__(self) -> Self:
        """Return the rows themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the temporary files."""
        self._shared.__exit__()

    def add(self, rows: ObjectRowsBuffer, *, is_new: bool) -> str:
        """Add the rows of an object, and return the name of their batch.

        An object that is in the batch already stays there.
        """
        for part, values in rows.parts:
            self._shared.write(part, values)
        if not (is_new and rows.needs_batch):
            self._files += rows.files
            return self._batch
        name = new_name(self._number)
        self._own.append(Written(self._table, name, rows.files))
        return name

    def finish(self) -> list[Written]:
        """Return all files."""
        shared = [*self._files, *self._shared.finish()]
        return [*self._own, *([Written(self._table, self._batch, shared)] if shared else [])]
