"""Rewriting: copies rows of Parquet files into new files, without those of some objects."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataflow.layout import OBJECT
from dataflow.reading.source_file import spooled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from dataflow.batches import DataFile
    from dataflow.store import Store
    from dataflow.writing.packed_rows import FileOptions

ROWS = 65_536  # in memory at once


def holds_any(store: Store, key: str, objects: Collection[str]) -> bool:
    """Return whether a file has rows of any of the objects, which are digests of keys."""
    with _opened(store, key) as file:
        for batch in file.iter_batches(ROWS, columns=[OBJECT]):
            if pc.any(_is_of(batch.column(0), objects)).as_py():
                return True
    return False


def have_same_types(store: Store, keys: Sequence[str]) -> bool:
    """Return whether all files have the same types for the columns that they share."""
    types: dict[str, pa.DataType] = {}
    for key in keys:
        with _opened(store, key) as file:
            for each in file.schema_arrow:
                if types.setdefault(each.name, each.type) != each.type:
                    return False
    return True


def rewritten(
    store: Store, without: Mapping[str, Collection[str]], folder: str, options: FileOptions
) -> list[DataFile]:
    """Return new files of a folder with the rows of files, each without those of some objects.

    *without* has the objects, as digests of their keys, by the key of the file.
    """
    with options.writer() as files:
        for key, objects in without.items():
            with _opened(store, key) as file:
                for batch in file.iter_batches(ROWS):
                    rows = pa.Table.from_batches([batch])
                    if objects:
                        rows = rows.filter(pc.invert(_is_of(rows.column(OBJECT), objects)))
                    files.write_to(folder, rows)
        return files.finish()


@contextmanager
def _opened(store: Store, key: str) -> Iterator[pq.ParquetFile]:
    """Open a file that the job has written: its timestamps are microseconds, also as INT96."""
    with (
        spooled(store.stream(key)) as path,
        pq.ParquetFile(
            path, coerce_int96_timestamp_unit="us", page_checksum_verification=True
        ) as file,
    ):
        yield file


def _is_of(column: pa.Array | pa.ChunkedArray, objects: Collection[str]) -> pa.Array:
    return pc.is_in(column, value_set=pa.array(sorted(objects), pa.string()))
