"""Parquet: batches of arrays of their own types, row group by row group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from dataflow.reading.arrow_errors import readable
from dataflow.reading.columns_as_read import batch_of
from dataflow.reading.expansion import records_of_deltas, repeating_columns, small_parts
from dataflow.reading.int96 import Part, exact_parts, units_of_arrow
from dataflow.reading.orc_records import orc_batches
from dataflow.reading.record_text import check_names
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataflow.reading.records import Batch

__all__ = ["orc_batches", "parquet_batches"]

RECORDS = 65_536  # of a batch at most
CELLS = 4_000_000  # ... with about as many values at most
BYTES = 64 * 2**20  # ... as the footer counts them


def parquet_batches(path: Path) -> Iterator[Batch]:
    """Yield the records of a Parquet file; raises Unreadable if it is damaged or no Parquet."""
    with readable("Parquet"):
        file = _opened(path, coerce_int96_timestamp_unit="us")
        check_names(file.schema_arrow.names, "Parquet")
        fine = _with_nanoseconds(file, path)
        first = 1
        for group in range(file.num_row_groups):
            begin = first
            for size, parts in _groups(file, fine, group):
                for part in parts:
                    yield batch_of(part, first)
                first += size
            rows = file.metadata.row_group(group).num_rows
            if first - begin != rows:
                raise Unreadable(
                    f"not readable as Parquet: row group {group} of {rows:,} rows has"
                    f" {first - begin:,}"
                )


def _with_nanoseconds(file: pq.ParquetFile, path: Path) -> pq.ParquetFile | None:
    """Return the file again if it has timestamps that Arrow reads in one of two ways."""
    columns = range(len(file.schema))
    if not any(file.schema.column(at).physical_type == "INT96" for at in columns):
        return None
    return _opened(path)


def _opened(path: Path, **options: str) -> pq.ParquetFile:
    metadata = pq.read_metadata(path)
    return pq.ParquetFile(
        path,
        metadata=metadata,
        read_dictionary=repeating_columns(metadata),
        page_checksum_verification=True,
        **options,
    )


def _groups(
    file: pq.ParquetFile, fine: pq.ParquetFile | None, group: int
) -> Iterator[tuple[int, Iterator[Part]]]:
    options = {"batch_size": _records(file.metadata.row_group(group)), "row_groups": [group]}
    batches: Any = file.iter_batches(**options)
    if fine is None:
        for batch in batches:
            for positions in small_parts(batch):
                part = batch if positions is None else batch.take(positions)
                yield len(part), iter([Part.whole(part)])
    else:
        units = units_of_arrow(file.metadata)
        for batch, again in zip(batches, fine.iter_batches(**options), strict=True):
            for positions in small_parts(batch):
                both = (batch, again)
                if positions is not None:
                    both = (batch.take(positions), again.take(positions))
                yield len(both[0]), exact_parts(*both, units)


def _records(group: pq.RowGroupMetaData) -> int:
    """Return how many records a batch of a row group may have."""
    by_size: int = BYTES * group.num_rows // max(group.total_byte_size, 1)
    values = sum(group.column(at).num_values for at in range(group.num_columns))
    by_cells: int = CELLS * group.num_rows // max(values, 1)
    return max(1, min(RECORDS, by_size, by_cells, records_of_deltas(group)))
