"""Expansion: bounds the memory of Parquet's repeated values, which take a few bytes in a file.

A text of 1 MB that all 65,536 records of a batch share is 64 GB as an array of strings. Columns are
read as dictionaries, and a batch is cut into parts that are small enough as arrays of their values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow.parquet as pq

BYTES = 64 * 2**20  # of the texts in a part, unless it is one record
RECORD_BYTES = 2**30  # ... of one record at most

SMALLEST = 64  # records of a batch, whatever its texts could take

DICTIONARIES = {"PLAIN_DICTIONARY", "RLE_DICTIONARY"}  # encodings
DELTAS = {"DELTA_BYTE_ARRAY"}  # ... that Arrow cannot read as dictionaries


def repeating_columns(metadata: pq.FileMetaData) -> list[str]:
    """Return the paths of texts that are in dictionaries."""
    encodings: dict[str, set[str]] = {}
    for group in range(metadata.num_row_groups):
        for at, column in _texts(metadata.row_group(group)).items():
            path = metadata.schema.column(at).path  # the column's own can be damaged
            encodings.setdefault(path, set()).update(column.encodings)
    return [path for path, used in encodings.items() if used & DICTIONARIES and not used & DELTAS]


def records_of_deltas(group: pq.RowGroupMetaData) -> int:
    """Return how many records a batch may have, as each text can repeat all others."""
    sizes: list[int] = [
        column.total_uncompressed_size
        for column in _texts(group).values()
        if DELTAS.intersection(column.encodings)
    ]
    return max(SMALLEST, 4 * BYTES // max([1, *sizes]))


def _texts(group: pq.RowGroupMetaData) -> dict[int, pq.ColumnChunkMetaData]:
    columns = {at: group.column(at) for at in range(group.num_columns)}
    return {at: column for at, column in columns.items() if column.physical_type == "BYTE_ARRAY"}


def small_parts(batch: pa.RecordBatch) -> Iterator[pa.Array | None]:
    """Yield the positions of successive parts of a batch; None is the whole batch."""
    if _text_bytes(batch) <= BYTES:
        yield None
        return
    yield from _halves(batch, 0, len(batch))


def _halves(batch: pa.RecordBatch, start: int, end: int) -> Iterator[pa.Array]:
    positions = pa.array(range(start, end))
    size = _text_bytes(batch.take(positions))
    if size <= BYTES or end - start == 1:
        if size > RECORD_BYTES:
            raise ValueError(f"a record has {size:,} bytes of text, and {RECORD_BYTES:,} are read")
        yield positions
        return
    half = (start + end) // 2
    yield from _halves(batch, start, half)
    yield from _halves(batch, half, end)


def _text_bytes(batch: pa.RecordBatch) -> int:
    return sum(map(_decoded, batch.columns))


def _decoded(column: pa.Array) -> int:
    """Return the bytes of a column's texts that are in dictionaries, once they are decoded."""
    kind = column.type
    if types.is_dictionary(kind):
        if not types.is_string(kind.value_type) and not types.is_binary(kind.value_type):
            return 0
        lengths = pc.binary_length(column.dictionary).cast(pa.int64())
        return int(pc.sum(lengths.take(column.indices)).as_py() or 0)
    if types.is_struct(kind):
        return sum(map(_decoded, column.flatten()))
    if types.is_map(kind):
        return _decoded(column.keys) + _decoded(column.items)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _decoded(column.flatten())
    return 0
