"""Avro: values of every type are kept, and objects that cannot be read are refused."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest

from dataflow.reading import avro_input, avro_records
from dataflow.reading.avro_records import avro_batches
from dataflow.skip_reasons import Unreadable
from tests.dataflow.avro_objects import CODECS, TYPES, avro, container, logical, long, read, record


@pytest.mark.parametrize(("schema", "value", "arrow", "expected"), TYPES)
def test_a_value_of_each_type_is_kept(schema: Any, value: Any, arrow: str, expected: Any) -> None:
    data = avro(record(v=schema, w={"type": "array", "items": "string"}), [{"v": value, "w": []}])
    found = read(data)

    assert found.types["v"] == {arrow}
    assert found.all_rows() == [{"v": expected, "w": []}]


@pytest.mark.parametrize("codec", CODECS)
def test_blocks_of_each_codec_are_read(codec: str) -> None:
    rows = [{"id": number, "text": "x" * (number % 50)} for number in range(2000)]
    data = avro(record(id="long", text="string"), rows, codec, sync_interval=500)

    assert read(data).all_rows() == rows


def test_a_named_type_is_known_where_it_is_used_again() -> None:
    inner = {"type": "record", "name": "point", "fields": [{"name": "x", "type": "int"}]}
    row = {"a": {"x": 1}, "b": {"x": 2}, "c": [{"x": 3}]}
    data = avro(record(a=inner, b="point", c={"type": "array", "items": "test.point"}), [row])

    assert read(data).all_rows() == [row]


def test_batches_are_bounded_and_count_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_records, "RECORDS", 7)
    data = avro(record(id="long"), [{"id": number} for number in range(50)])

    assert max(len(batch.numbers) for batch in avro_batches(io.BytesIO(data))) == 7
    assert read(data).rows == {number + 1: {"id": number} for number in range(50)}


RECURSIVE = record(next=["null", "row"])
GROWING: dict[str, Any] = {  # 2**40 types
    "type": "record",
    "name": "r40",
    "fields": [{"name": "v", "type": "int"}],
}
for depth in range(39, 0, -1):
    GROWING = {
        "type": "record",
        "name": f"r{depth}",
        "fields": [{"name": "a", "type": GROWING}, {"name": "b", "type": f"r{depth + 1}"}],
    }


@pytest.mark.parametrize(
    ("schema", "value", "reason"),
    [
        ("string", b"\x04\xc3\x28", "the byte 0xc3 of a string is not UTF-8"),
        (logical("bytes", "decimal", precision=3), b"\x04\x7f\xff", "more than 3 digits"),
        (logical("int", "time-millis"), long(86_400_000), "86400000 is no time of a day"),
        (logical("long", "time-micros"), long(-1), "-1 is no time of a day"),
        ({"type": "map", "values": "int"}, b"\2\2\xff\0\0", "the byte 0xff of a string"),
    ],
)
def test_a_value_that_its_type_cannot_hold_rejects_its_record(
    schema: Any, value: bytes, reason: str
) -> None:
    found = read(container(record(v=schema), (3, b"\0" + value + b"\0")))

    assert sorted(found.rows) == [1, 3]
    assert reason in found.reasons[2]


@pytest.mark.parametrize(
    ("schema", "value", "arrow", "expected"),
    [
        (logical("long", "timestamp-nanos"), long(-5), "timestamp[ns, tz=UTC]", -5),
        (logical("long", "local-timestamp-nanos"), long(2**62), "timestamp[ns]", 2**62),
        (logical("long", "timestamp-micros"), long(-(2**63)), "timestamp[us, tz=UTC]", -(2**63)),
        (logical("int", "date"), long(-(2**31)), "date32[day]", -(2**31)),
    ],
)
def test_moments_that_python_cannot_hold_are_kept(
    schema: Any, value: bytes, arrow: str, expected: int
) -> None:
    (batch, *_) = avro_batches(io.BytesIO(container(record(v=schema), (1, value))))
    column: Any = batch.columns["v"]
    whole = pa.int32() if arrow.startswith("date") else pa.int64()

    assert str(column.type) == arrow
    assert column.cast(whole).to_pylist() == [expected]


def test_a_decimal_of_76_digits_is_kept() -> None:
    kind = logical("bytes", "decimal", precision=76, scale=70)
    digits = int("9" * 76)
    data = long(32) + digits.to_bytes(32, signed=True)
    (row,) = read(container(record(v=kind), (1, data))).all_rows()

    assert str(row["v"]) == "9" * 6 + "." + "9" * 70


NOTHINGS = record(v={"type": "array", "items": "null"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the object ends within a block"),
        (b"PAR1", "begins with `Obj`"),
        (b"id,name\n1,a\n", "begins with `Obj`"),
        (container("int"), "no records"),
        (container(["null", record(v="int")]), "no records"),
        (container(RECURSIVE), "contains itself"),
        (container(GROWING), "more than 20,000 types"),
        (container(record(v="nothing")), "the unknown type 'nothing'"),
        (container(record(id="int", ID="int")), "columns 'id' and 'ID'"),
        (container(record(v=5)), "neither a name nor an object"),
        (container({"type": "record", "name": "r"}), "no fields"),
        (container(record(v="int"), (1, b"\2"), codec="lzo"), "the codec 'lzo'"),
        (container(record(v="int"), (1, b"")), "it is cut"),
        (container(record(v="int"), (1, b"\2\2")), "1 bytes behind its records"),
        (container(record(v="int"), (1, b"\xff" * 11)), "more than ten bytes"),
        (container(record(v="int"), (1, b"\xff" * 5 + b"\1")), "more than 32 bits"),
        (container(record(v="string"), (1, b"\x7f")), "does not fit the block"),
        (container(record(v="boolean"), (1, b"\2")), "neither 0 nor 1"),
        (container(record(v=["null", "int"]), (1, b"\4")), "no branch 2"),
        (container(record(), (2**50, b"")), "do not fit the block"),
        (container(NOTHINGS, (1, long(2**50) + b"\0")), "do not fit the block"),
        (container(record(v="int"), (-5, b"")), "do not fit the block"),
        (container(record(v="int"), (1, b"\2"), codec="snappy"), "cannot be unpacked"),
        (container(record(v="int"), (1, b"\2"), codec="deflate"), "cannot be unpacked"),
        (container(record(v="int"), (1, b"\2"))[:-3], "the object ends within a block"),
        (container(record(v="int"), (1, b"\2"))[:-3] + b"xxx", "marker of the header"),
    ],
)
def test_an_object_that_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match="Avro") as refused:
        read(data)

    assert reason in str(refused.value)


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "zstandard", "snappy"])
def test_a_block_that_grows_beyond_memory_is_refused(
    codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = avro(record(v="string"), [{"v": "x" * 100_000}], codec)
    monkeypatch.setattr(avro_input, "BLOCK_BYTES", 50_000)

    with pytest.raises(Unreadable, match="cannot be unpacked"):
        read(data)
