"""Parquet: values come in their own types, exactly, in batches of bounded size."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflow.reading import columnar, expansion
from dataflow.reading.columnar import parquet_batches
from dataflow.skip_reasons import Unreadable
from tests.dataflow.columnar_files import file, parquet
from tests.dataflow.document_outcomes import outcome

__all__ = ["file"]  # a fixture

FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001


COLUMNS: list[tuple[pa.Array, str]] = [
    (pa.array([2**64 - 1, 0], pa.uint64()), "uint64"),
    (pa.array([-128, 127], pa.int8()), "int8"),
    (pa.array([0.1, 1e38], pa.float32()), "float"),
    (pa.array([True, None]), "bool"),
    (pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)), "decimal128(10, 2)"),
    (pa.array([Decimal("9" * 60), None], pa.decimal256(60, 0)), "decimal256(60, 0)"),
    (pa.array([b"\xff\0", b""], pa.binary()), "binary"),
    (pa.array([b"abc", None], pa.binary(3)), "fixed_size_binary[3]"),
    (pa.array(["é", ""], pa.large_string()), "string"),
    (pa.array(["a", None, "a"]).dictionary_encode(), "string"),
    (
        pa.array([["a"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "list<item: string>",
    ),
    (pa.array([None, None], pa.null()), "null"),
    (pa.array([FIRST, LAST], pa.timestamp("us")), "timestamp[us]"),
    (pa.array([FIRST, LAST], pa.timestamp("ms", "UTC")), "timestamp[ms, tz=UTC]"),
    (pa.array([1714557600123456789, None], pa.timestamp("ns")), "timestamp[ns]"),
    (pa.array([date(1, 1, 1), date(9999, 12, 31)]), "date32[day]"),
    (pa.array([time(1, 2, 3), None], pa.time32("ms")), "time32[ms]"),
    (pa.array([time(1, 2, 3, 4), None], pa.time64("us")), "time64[us]"),
    (pa.array([5, None], pa.duration("us")), "duration[us]"),
    (pa.array([{"a": 1, "b": ["x"]}, None]), "struct<a: int64, b: list<item: string>>"),
    (
        pa.array([[("k", 1), ("k", None)], None], pa.map_(pa.string(), pa.int64())),
        "map<string, int64>",
    ),
    (pa.array([[1, 2], [3, 4]], pa.list_(pa.int64(), 2)), "list<item: int64>"),
]


@pytest.mark.parametrize(("column", "kind"), COLUMNS)
@pytest.mark.parametrize("options", [{}, {"data_page_version": "2.0", "use_dictionary": False}])
def test_parquet_keeps_values_of_each_type(
    file: Path, column: pa.Array, kind: str, options: dict[str, Any]
) -> None:
    pq.write_table(pa.table({"v": column, "n": range(len(column))}), file, **options)
    (batch,) = parquet_batches(file)
    found: Any = batch.columns["v"]

    assert str(found.type).replace("element", "item").replace(" ('v')", "") == kind
    assert found.equals(column.cast(found.type))


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
@pytest.mark.parametrize("kind", [pa.string(), pa.binary()])
def test_parquet_keeps_texts_of_each_encoding(file: Path, encoding: str, kind: pa.DataType) -> None:
    values = pa.array([f"text {n}" for n in range(500)]).cast(kind)
    table = pa.table({"v": values, "l": pa.ListArray.from_arrays(range(501), values)})
    encodings = {"v": encoding, "l.list.element": encoding}
    found = parquet(file, table, use_dictionary=False, column_encoding=encodings)

    assert found.all_rows() == table.to_pylist()


def test_parquet_that_duckdb_writes_is_kept(file: Path) -> None:
    query = (
        "select 18446744073709551615::ubigint as u, 1.5::decimal(18,3) as d, 'x'::enum('x') as e,"
        " timestamp_ns '2024-05-01 10:00:00.123456789' as ns, timestamp '0001-01-01' as ts,"
        " {'a': [1, null]} as s, map {'k': null::int} as m, '\\xFF'::blob as b, null as nothing"
    )
    duckdb.sql(f"copy ({query}) to '{file}' (format parquet)")
    found = outcome(parquet_batches(file))
    types = {name: next(iter(kinds)) for name, kinds in found.types.items()}

    assert types == {
        "u": "uint64",
        "d": "decimal128(18, 3)",
        "e": "string",
        "ns": "timestamp[ns]",
        "ts": "timestamp[us]",
        "s": "struct<a: list<element: int32>>",
        "nothing": "int32",
        "m": "map<string, int32 ('m')>",
        "b": "binary",
    }
    assert duckdb.sql(query).fetchone() is not None


def test_a_string_that_is_not_utf8_rejects_its_record(file: Path) -> None:
    for make in (lambda text: text, lambda text: [text], lambda text: {"inner": text}):
        table = pa.table({"id": range(4), "v": [make(text) for text in ("a", "bad!", None, "c")]})
        pq.write_table(table, file, compression="none", write_statistics=False)
        file.write_bytes(file.read_bytes().replace(b"bad!", b"ba\xff!"))
        found = outcome(parquet_batches(file))

        assert [row["id"] for row in found.all_rows()] == [0, 2, 3]
        assert found.reasons == {2: "a string is not UTF-8"}


def test_batches_of_row_groups_are_bounded_and_count_on(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar, "RECORDS", 30)
    found = parquet(file, pa.table({"id": range(1, 1001)}), row_group_size=100)

    assert found.rows == {number: {"id": number} for number in range(1, 1001)}
    assert max(len(batch.numbers) for batch in parquet_batches(file)) == 30


@pytest.mark.parametrize("nested", [False, True])
def test_a_text_that_many_records_share_does_not_exhaust_memory(
    file: Path, monkeypatch: pytest.MonkeyPatch, nested: bool
) -> None:
    monkeypatch.setattr(expansion, "BYTES", 5000)
    texts = [f"{n % 3}" * 1000 for n in range(100)]
    moments = [datetime(2024, 1, 1, n // 60, n % 60) for n in range(100)]  # noqa: DTZ001
    values = [[{"text": text}] for text in texts] if nested else texts
    table = pa.table({"id": range(100), "v": values, "at": moments})
    for options in ({}, {"use_deprecated_int96_timestamps": True}):
        pq.write_table(table, file, **options)
        batches = list(parquet_batches(file))
        found = outcome(batches)

        assert 2 <= max(len(batch.numbers) for batch in batches) <= 5
        assert [row["v"] for row in found.all_rows()] == values
        assert [row["at"] for row in found.all_rows()] == moments


def test_a_record_that_memory_cannot_hold_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "BYTES", 5000)
    monkeypatch.setattr(expansion, "RECORD_BYTES", 50_000)

    with pytest.raises(Unreadable, match="a record has 100,000 bytes of text"):
        parquet(file, pa.table({"v": [["x" * 1000] * 100, []]}))
