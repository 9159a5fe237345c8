"""Stored rows: the rows that earlier runs have written, from their Parquet files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from dataflow.layout import top_of
from dataflow.partitions import value_of
from dataflow.reading.columnar import parquet_batches
from dataflow.reading.source_file import s3_errors_as_skip_reasons, spooled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataflow.reading.records import Batch
    from dataflow.store import Store


def stored_batches(store: Store, directories: Sequence[str]) -> Iterator[Batch]:
    """Yield the rows of directories, with the partition columns that their names hold."""
    for directory in directories:
        values = _values(directory)
        for entry in store.keys(directory):
            with s3_errors_as_skip_reasons(entry["Key"]):
                stream = store.stream(entry["Key"])
            with spooled(stream) as path:
                yield from (_with_values(batch, values) for batch in parquet_batches(path))


def _with_values(batch: Batch, values: dict[str, str | None]) -> Batch:
    count = len(batch.numbers)
    of_path = {
        name: pa.repeat(pa.scalar(value, pa.string()), count) for name, value in values.items()
    }
    return replace(batch, columns={**batch.columns, **of_path})


def _values(directory: str) -> dict[str, str | None]:
    folders = directory[len(top_of(directory)) :].strip("/").split("/")
    return {each.partition("=")[0]: value_of(each) for each in folders if each}
