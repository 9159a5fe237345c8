"""Parquet files: rows of one or more objects, in one folder for each value of the partitions."""

from __future__ import annotations

import tempfile
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from dataflow.batches import DataFile
from dataflow.partitions import folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

BUFFER = 64 * 1024 * 1024  # bytes of rows that wait for their row group
FILE_SIZE = 256 * 1024 * 1024  # bytes of Parquet, about, until the next file begins
ROW_GROUP = 1_000_000  # rows
OPEN_FILES = 200  # of one writer


class WriteFailure(Exception):
    """S3 or the disk does not take the rows: the run cannot go on."""


@dataclass
class _Part:
    """The rows of one folder."""

    folder: str
    tables: list[pa.Table] = field(default_factory=list)
    size: int = 0  # bytes of the tables in memory
    writer: pq.ParquetWriter | None = None
    path: Path | None = None
    rows: int = 0  # of the open file
    is_ancient: bool = False  # of the open file


class ParquetFiles:
    """Writes rows as files below a directory; memory and files on disk are bounded.

    *upload* gets the path of each file below the directory, and its content. No other writer, and
    no other attempt, gives a file the same name.
    """

    def __init__(
        self,
        partition_by: Sequence[str],
        compression: str,
        upload: Callable[[str, IO[bytes]], None],
        *,
        int96: bool = True,
    ) -> None:
        self._partition_by, self._compression, self._upload = partition_by, compression, upload
        self._int96 = int96
        self._parts: dict[str, _Part] = {}  # by folder: null and an empty text have the same
        self._size = 0
        self._name = uuid.uuid4().hex[:16]
        self._written: list[DataFile] = []
        self._scratch = ExitStack()
        self._disk = Path(
            self._scratch.enter_context(tempfile.TemporaryDirectory(prefix="dataflow-"))
        )

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the temporary files."""
        self._scratch.close()

    def write(self, rows: pa.Table, values: Mapping[str, pa.Array]) -> None:
        """Write rows; *values* are the texts of the partition columns, which stay out of files."""
        if not rows.num_rows:
            return
        with _write_failures():
            if not self._partition_by:
                self._add("", rows)
                return
            keys = pa.table({name: values[name] for name in self._partition_by})
            for key, positions in _groups(keys):
                self._add("".join(map(folder, self._partition_by, key)), rows.take(positions))

    def write_to(self, folder_name: str, rows: pa.Table) -> None:
        """Write rows whose values of the partition columns are those of a folder."""
        if rows.num_rows:
            with _write_failures():
                self._add(folder_name, rows)

    def finish(self) -> list[DataFile]:
        """Write and upload everything; return the files."""
        with _write_failures():
            for part in self._parts.values():
                self._flush(part)
                self._close(part)
        return self._written

    def _add(self, folder_name: str, rows: pa.Table) -> None:
        part = self._parts.setdefault(folder_name, _Part(folder_name))
        part.tables.append(rows)
        part.size += rows.nbytes
        self._size += rows.nbytes
        while self._size > BUFFER:
            self._flush(max(self._parts.values(), key=lambda each: each.size))

    def _flush(self, part: _Part) -> None:
        if not part.tables:
            return
        rows = pa.concat_tables(part.tables, promote_options="default")
        if part.writer:
            rows = _with_columns_of(part.writer.schema, rows)
        is_ancient = any(map(_is_ancient, rows.itercolumns()))
        self._size -= part.size
        part.tables, part.size = [], 0
        if part.writer and (part.writer.schema != rows.schema or is_ancient > part.is_ancient):
            self._close(part)
        if not part.writer:
            part.path = self._disk / f"{uuid.uuid4().hex}.parquet"
            part.writer = self._writer(part.path, rows.schema, is_ancient=is_ancient)
            part.is_ancient = is_ancient
        part.writer.write_table(rows, row_group_size=ROW_GROUP)
        part.rows += rows.num_rows
        is_full = part.path and part.path.stat().st_size > FILE_SIZE
        if is_full or sum(each.writer is not None for each in self._parts.values()) > OPEN_FILES:
            self._close(part)

    def _writer(self, path: Path, schema: pa.Schema, *, is_ancient: bool) -> pq.ParquetWriter:
        """Return a writer of INT96, which Hive, Athena and Redshift all read; Iceberg has no such.

        Before 1970, Arrow writes INT96 with a negative time of the day, which Athena refuses.
        """
        return pq.ParquetWriter(
            path,
            schema,
            compression=self._compression,
            use_deprecated_int96_timestamps=self._int96 and not is_ancient,
            write_page_index=True,
        )

    def _close(self, part: _Part) -> None:
        if part.writer and part.path:
            part.writer.close()
            path = f"{part.folder}part-{self._name}-{len(self._written):05d}.parquet"
            with part.path.open("rb") as file:
                self._upload(path, file)
            self._written.append(DataFile(path, part.path.stat().st_size, part.rows))
            part.path.unlink()
            part.writer, part.path, part.rows = None, None, 0


def _with_columns_of(schema: pa.Schema, rows: pa.Table) -> pa.Table:
    """Return rows with the columns of a file, if they have no others, so that they go into it."""
    if any(name not in schema.names for name in rows.column_names):
        return rows
    columns = [
        rows.column(each.name) if each.name in rows.column_names else pa.nulls(len(rows), each.type)
        for each in schema
    ]
    return pa.table(columns, names=schema.names)


@contextmanager
def _write_failures() -> Iterator[None]:
    try:
        yield
    except (OSError, BotoCoreError, ClientError, Boto3Error) as error:
        raise WriteFailure(str(error)) from error


def _is_ancient(column: pa.ChunkedArray | pa.Array) -> bool:
    """Return whether a column, or a part of its values, has a timestamp before 1970."""
    if "timestamp" not in str(column.type):
        return False
    if isinstance(column, pa.ChunkedArray):
        return any(map(_is_ancient, column.chunks))
    if pa.types.is_timestamp(column.type):
        earliest = pc.min(column).value
        return earliest is not None and earliest < 0
    if pa.types.is_struct(column.type):
        return any(map(_is_ancient, column.flatten()))
    if pa.types.is_map(column.type):
        return _is_ancient(column.keys) or _is_ancient(column.items)
    return _is_ancient(column.flatten())


def _groups(keys: pa.Table) -> list[tuple[tuple[Any, ...], pa.Array]]:
    """Return the positions of the rows of each combination of values."""
    names = keys.column_names
    numbered = keys.append_column("", pa.array(np.arange(len(keys))))
    grouped = numbered.group_by(names, use_threads=False).aggregate([("", "list")])
    columns = [grouped.column(name).to_pylist() for name in names]
    positions = grouped.column("_list").combine_chunks()
    return [
        (tuple(values), positions[index].values)
        for index, values in enumerate(zip(*columns, strict=True))
    ]
