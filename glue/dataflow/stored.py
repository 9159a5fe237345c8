"""Stored rows: the rows that earlier runs have written, from their Parquet files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataflow.layout import OBJECT
from dataflow.partitions import value_of
from dataflow.reading.columnar import parquet_batches
from dataflow.reading.source_file import s3_errors_as_skip_reasons, spooled
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.reading.records import Batch
    from dataflow.store import Store


@dataclass(frozen=True)
class StoredRows:
    """The rows of objects that exist only in Parquet, in the files of one batch."""

    directories: tuple[str, ...]  # keys, with a slash at their ends
    objects: frozenset[str]  # the digests of their keys
    rows: int  # of these objects

    def check(self, read: int, rejected: int) -> None:
        """Raise Unreadable unless each row was read, and has the new types."""
        if (read, rejected) != (self.rows, 0):
            raise Unreadable(f"{read - rejected} of {self.rows} stored rows have the new types")


def stored_batches(store: Store, stored: StoredRows) -> Iterator[Batch]:
    """Yield the rows of the objects, with the partition columns that the folders hold."""
    for directory in stored.directories:
        for entry in store.keys(directory):
            values = _values(entry["Key"])
            with s3_errors_as_skip_reasons(entry["Key"]):
                stream = store.stream(entry["Key"])
            with spooled(stream) as path:
                for batch in parquet_batches(path):
                    yield _with_values(_of_objects(batch, stored.objects), values)


def _of_objects(batch: Batch, objects: frozenset[str]) -> Batch:
    """Return the rows of objects; a file without their column has the rows of one object."""
    column = batch.columns.get(OBJECT)
    if not isinstance(column, pa.Array):
        return batch
    kept = pc.is_in(column.cast(pa.string()), value_set=pa.array(sorted(objects), pa.string()))
    columns = {
        name: each.filter(kept)
        if isinstance(each, pa.Array)
        else [value for value, is_kept in zip(each, kept.to_pylist(), strict=True) if is_kept]
        for name, each in batch.columns.items()
    }
    return replace(batch, columns=columns, numbers=batch.numbers.filter(kept))


def _with_values(batch: Batch, values: dict[str, str | None]) -> Batch:
    count = len(batch.numbers)
    of_path = {
        name: pa.repeat(pa.scalar(value, pa.string()), count) for name, value in values.items()
    }
    return replace(batch, columns={**batch.columns, **of_path})


def _values(key: str) -> dict[str, str | None]:
    """Return the values of the folders below the directory of a batch, or of an object."""
    folders = key[key.index("/dfx_") + 1 :].split("/")[1:-1]
    return {each.partition("=")[0]: value_of(each) for each in folders}
