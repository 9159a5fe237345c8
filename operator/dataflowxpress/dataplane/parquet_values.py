"""Parquet values: whether a column of a Parquet file has values, by the file's statistics."""

from __future__ import annotations

import struct
from typing import Any

from dataflowxpress.api.errors import Refused

from . import bounded
from .bounded import MIB, Stored

MAGIC = b"PAR1"
END = struct.Struct("<I4s")  # the footer's length and the magic bytes
FOOTER = 16 * MIB
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
