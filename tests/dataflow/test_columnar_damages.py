"""Parquet and ORC: a file that is damaged or something else is refused, and ends no process."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as po
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.reading.columnar import orc_batches, parquet_batches
from dataflow.reading.records import Batch
from dataflow.skip_reasons import Unreadable
from tests.dataflow.columnar_files import file, orc, parquet
from tests.dataflow.document_outcomes import EXAMPLES

__all__ = ["file"]  # a fixture


def test_an_object_that_is_something_else_is_refused(file: Path) -> None:
    for data in (b"", b"PAR1", b"id,name\n1,a\n" * 50, b"PAR1" * 9, b"ORC" * 99, b"\0" * 1000):
        file.write_bytes(data)
        for kind, read in (("Parquet", parquet_batches), ("ORC", orc_batches)):
            with pytest.raises(Unreadable, match=f"not readable as {kind}: ."):
                list(read(file))


def test_an_encrypted_file_is_refused(file: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), file)
    file.write_bytes(b"PARE" + file.read_bytes()[4:-4] + b"PARE")

    with pytest.raises(Unreadable, match="encrypted"):
        list(parquet_batches(file))


SAMPLE = pa.table(
    {
        "id": range(50),
        "text": [f"text {n % 7}" for n in range(50)],
        "at": pa.array([datetime(2024, 1, 1) + timedelta(hours=n) for n in range(50)]),  # noqa: DTZ001
        "list": [[n] * (n % 3) for n in range(50)],
        "struct": [{"a": n / 3} if n % 5 else None for n in range(50)],
    }
)
PARQUETS: list[dict[str, Any]] = [
    {},
    {"compression": "none", "row_group_size": 20},
    {"compression": "zstd", "data_page_version": "2.0", "write_page_checksum": True},
    {"use_dictionary": False, "use_deprecated_int96_timestamps": True},
    {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}},
]


def written(write: Callable[..., None], options: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    write(SAMPLE, sink, **options)
    return sink.getvalue()


@st.composite
def damaged(draw: st.DrawFn, wholes: list[bytes]) -> bytes:
    whole = draw(st.sampled_from(wholes))
    start = draw(st.integers(0, len(whole) - 1))
    end = draw(st.sampled_from([start, start + 1, start + 4, len(whole)]))
    return whole[:start] + draw(st.binary(max_size=4)) + whole[end:]


def rows_or_refused(read: Callable[[Path], Iterator[Batch]], file: Path, data: bytes) -> None:
    file.write_bytes(data)
    try:
        batches = list(read(file))
    except Unreadable as refused:
        assert str(refused)  # noqa: PT017
        return
    numbers = sorted(number for batch in batches for number in batch.numbers.to_pylist())
    rejects = [reject.record for batch in batches for reject in batch.rejects]
    assert sorted([*numbers, *rejects]) == list(range(1, 51))
    assert all(batch.raw(0) for batch in batches if len(batch.numbers))


@given(damaged([written(pq.write_table, options) for options in PARQUETS]))
@settings(max_examples=8 * EXAMPLES)
def test_damaged_parquet_is_rows_or_refused(file: Path, data: bytes) -> None:
    rows_or_refused(parquet_batches, file, data)


ORCS = [{"compression": name} for name in ("uncompressed", "zlib", "snappy", "lz4", "zstd")]


@given(damaged([written(po.write_table, options) for options in ORCS]))
@settings(max_examples=max(EXAMPLES // 10, 2))  # a process each
def test_damaged_orc_is_rows_or_refused_and_ends_no_process(file: Path, data: bytes) -> None:
    rows_or_refused(orc_batches, file, data)


def test_columns_that_differ_in_case_are_refused(file: Path) -> None:
    for names in (["id", "ID"], ["id", "id"]):
        table = pa.table([[1], [2]], names=names)
        for write in (parquet, orc):
            with pytest.raises(Unreadable, match=f"columns '{names[0]}' and '{names[1]}'"):
                write(file, table)


def test_a_file_without_rows_has_none(file: Path) -> None:
    for write in (parquet, orc):
        assert not write(file, pa.table({"id": pa.array([], pa.int64())})).records()
