"""Parquet values: whether a column of a Parquet file has values, and of which objects."""

from __future__ import annotations

import io
import struct
from typing import Any

from dataflowxpress.api.errors import Refused

from . import bounded
from .bounded import MIB, Stored

MAGIC = b"PAR1"
END = struct.Struct("<I4s")  # the footer's length and the magic bytes
FOOTER = 16 * MIB
OBJECT = "dfx_object"  # the column with the digest of the key of a row's object
ROWS = 65_536  # in memory at once
AHEAD = MIB // 16  # most footers are shorter


def has_values(s3: Any, stored: Stored, column: str) -> bool:
    """Return whether the file has values in *column*; a column without statistics counts as full.

    Needs pyarrow. Raises Refused if the file is no Parquet.
    """
    from pyarrow import ArrowException, BufferReader
    from pyarrow.parquet import read_metadata

    try:
        metadata = read_metadata(BufferReader(MAGIC + _footer(s3, stored)))
    except (ArrowException, OSError, struct.error) as error:
        raise Refused(f"{stored} is no Parquet file: {error}") from error
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    return any(
        _is_filled(chunk)
        for chunk in chunks
        if chunk.path_in_schema == column or chunk.path_in_schema.startswith(f"{column}.")
    )


def objects_with_values(s3: Any, stored: Stored, size: int, column: str) -> set[str]:
    """Return the values of `dfx_object` in the rows that have a value in *column*.

    Reads the two columns only, of the row groups that have values. Needs pyarrow. Raises Refused if
    the file is no Parquet.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    found: set[str] = set()
    try:
        if not has_values(s3, stored, column):
            return found
        with ParquetFile(_Remote(s3, stored, size), pre_buffer=False) as file:
            for batch in file.iter_batches(ROWS, columns=[OBJECT, column]):
                rows = batch.filter(batch[column].is_valid())
                found.update(rows[OBJECT].unique().to_pylist())
    except (ArrowException, OSError) as error:
        raise Refused(f"{stored} is no Parquet file: {error}") from error
    return found


class _Remote(io.RawIOBase):
    """An object of S3 as a file that is read in parts."""

    def __init__(self, s3: Any, stored: Stored, size: int) -> None:
        super().__init__()
        self._s3, self._stored, self._size, self._at = s3, stored, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        count = min(len(view), self._size - self._at)
        if count <= 0:
            return 0
        answer = self._s3.get_object(
            Bucket=self._stored.bucket,
            Key=self._stored.key,
            Range=f"bytes={self._at}-{self._at + count - 1}",
        )
        content = bounded.read(self._stored, answer["Body"], count)
        view[: len(content)] = content
        self._at += len(content)
        return len(content)


def _is_filled(chunk: Any) -> bool:
    statistics = chunk.statistics
    if statistics is None or not statistics.has_null_count:
        return bool(chunk.num_values)
    return bool(statistics.num_values)


def _footer(s3: Any, stored: Stored) -> bytes:
    """Return the footer with its length and the magic bytes."""
    tail = _tail(s3, stored, AHEAD)
    length, magic = END.unpack(tail[-END.size :])
    needed = length + END.size
    if magic != MAGIC or needed > FOOTER:
        raise Refused(f"{stored} is no Parquet file, or its footer has more than {FOOTER:,} bytes")
    return (tail if needed <= len(tail) else _tail(s3, stored, needed))[-needed:]


def _tail(s3: Any, stored: Stored, size: int) -> bytes:
    answer = s3.get_object(Bucket=stored.bucket, Key=stored.key, Range=f"bytes=-{size}")
    return bounded.read(stored, answer["Body"], size)
