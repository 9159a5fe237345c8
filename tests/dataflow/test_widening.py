"""Wider types: the narrowest that keeps all values as they were uploaded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.reading.records import Number
from dataflow.values.json_text import parsed_json
from dataflow.values.kinds import parsed
from dataflow.values.typing import TextRule, typed
from dataflow.values.widening import lossless, narrowest
from tests.dataflow.value_samples import BITS, SCALARS, bounded, columns, values_of

STRUCT = "struct<x:int,y:string>"
TEXTS: list[tuple[str, list[str], str]] = [
    ("int", ["2147483648"], "bigint"),
    ("tinyint", ["200", "-40000"], "int"),
    ("bigint", ["7.5"], "double"),
    ("bigint", ["A7"], "string"),
    ("bigint", ["01234"], "string"),
    ("bigint", ["7.5", "01234"], "string"),
    ("bigint", ["12345678901234567890"], "string"),
    ("bigint", ["12D"], "string"),
    ("bigint", ["12E5"], "string"),
    ("bigint", ["1e-07"], "double"),
    ("bigint", ["7.12345678901234567"], "string"),
    ("float", ["0.1234567890123"], "double"),
    ("double", ["0x1p3"], "string"),
    ("double", ["12345678901234567.89"], "string"),
    ("date", ["2026-01-02 03:04:05"], "timestamp"),
    ("date", ["2026-Q1"], "string"),
    ("timestamp", ["10:30"], "string"),
    ("timestamp", ["2026-01-02T03:04:05.123456789"], "string"),
    ("decimal(5,2)", ["1000.00", "1.239"], "decimal(38,18)"),
    ("decimal(5,2)", ["1e5"], "string"),
    ("boolean", ["maybe"], "string"),
    ("array<int>", ["no json"], "string"),
]
ARROW: list[tuple[str, pa.Array, str | None]] = [
    ("bigint", pa.array([2**64 - 1], pa.uint64()), "decimal(20,0)"),
    ("bigint", pa.array([7.9]), "double"),
    ("bigint", pa.array([Decimal("7.99")]), "decimal(21,2)"),
    ("bigint", pa.array([Decimal("7.99")], pa.decimal128(38, 20)), "double"),
    ("decimal(10,2)", pa.array([Decimal("1.2599")], pa.decimal128(10, 4)), "decimal(12,4)"),
    ("decimal(38,18)", pa.array([Decimal("1E+25")], pa.decimal128(38, 2)), "string"),
    ("float", pa.array([16777217.0]), "double"),
    ("double", pa.array([2**53 + 1]), "string"),
    ("date", pa.array([1714557600], pa.timestamp("s")), "timestamp"),
    ("timestamp", pa.array([1714557600123456789], pa.timestamp("ns")), "string"),
    ("timestamp", pa.array([1714557600000]), "string"),
    ("string", pa.array([b"\xff"]), None),
    ("array<bigint>", pa.array([[1.9, 2.9]]), "array<double>"),
    ("struct<x:bigint>", pa.array([{"x": 1.9}]), "struct<x:double>"),
    ("struct<x:bigint>", pa.array([{"x": "abc"}]), "struct<x:string>"),
    ("struct<x:bigint>", pa.array([{"x": 1, "y": 2}]), None),
]
JSON: list[tuple[str, list[str], str | None]] = [
    (STRUCT, ['{"x": "abc", "y": "b"}'], "struct<x:string,y:string>"),
    (STRUCT, ['{"x": 7.5}', '{"x": 1, "y": {"z": 1}}'], "struct<x:double,y:string>"),
    (STRUCT, ['"just text"', "[1, 2]", "7"], "string"),
    (STRUCT, ['{"x": "abc"}', "7"], "string"),
    (STRUCT, ['{"x": 1, "z": 1}'], None),
    ("array<struct<n:int>>", ['[{"n": 1}, {"n": 3000000000}]'], "array<struct<n:bigint>>"),
    ("map<string,int>", ['{"a": true}'], "map<string,string>"),
    ("map<int,int>", ['{"a": 1}'], "map<string,int>"),
    ("bigint", ["12345678901234567890"], "string"),
    ("bigint", ['"A7"', "7.5"], "string"),
]


def widened(column: Any, kind: str) -> str | None:
    found = typed(column, kind)
    assert found.misfits is not None
    return narrowest(column, found.misfits, kind)


@pytest.mark.parametrize(("kind", "values", "expected"), TEXTS)
def test_a_column_of_texts_gets_the_narrowest_type(
    kind: str, values: list[str], expected: str
) -> None:
    assert widened(pa.array(values), kind) == expected


@pytest.mark.parametrize(("kind", "column", "expected"), ARROW)
def test_a_column_of_arrow_gets_the_narrowest_type(
    kind: str, column: pa.Array, expected: str | None
) -> None:
    assert widened(column, kind) == expected


@pytest.mark.parametrize(("kind", "values", "expected"), JSON)
def test_a_column_of_json_widens_inside_first(
    kind: str, values: list[str], expected: str | None
) -> None:
    assert widened([parsed_json(each) for each in values], kind) == expected


def test_values_that_fit_do_not_decide() -> None:
    column = pa.array(["x", "7.5", None, "1"])
    assert narrowest(column, pa.array([False, True, False, False]), "int") == "double"


def test_declared_formats_count() -> None:
    rule = TextRule(decimal=",", is_declared=True)
    column = pa.array(["7,5"])
    assert narrowest(column, pa.array([True]), "int", rule) == "double"


@pytest.mark.parametrize("kind", [kind for kind in SCALARS if kind not in ("string", "binary")])
@bounded
@given(texts=columns)
def test_the_wider_type_keeps_all_misfits(kind: str, texts: list[str | None]) -> None:
    column = pa.array(texts, pa.string())
    found = typed(column, kind)
    if found.misfits is None:
        return
    wider = narrowest(column, found.misfits, kind)
    assert wider is not None, "text keeps all texts"
    kept = typed(column.filter(found.misfits), wider)
    assert kept.misfits is None
    if wider == "string":
        assert kept.values.equals(column.filter(found.misfits))


PAIRS = [(old, new) for old in SCALARS for new in SCALARS if lossless(old, new)]


@pytest.mark.parametrize("old", SCALARS)
@bounded
@given(data=st.data())
def test_rows_of_a_lost_object_keep_their_values(old: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(values_of(old), min_size=1, max_size=20))
    column = pa.array(values, parsed(old).arrow)
    for new in (new for each, new in PAIRS if each == old):
        wider = typed(column, new)
        assert wider.misfits is None
        back = typed(wider.values, old)
        assert back.misfits is None
        assert str(back.values) == str(column)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("bigint", "double", 2**53 + 1),
        ("int", "float", 2**24 + 1),
        ("bigint", "decimal(20,2)", 10**18),
        ("decimal(38,2)", "decimal(38,18)", Decimal("1E+25")),
        ("decimal(18,0)", "double", Decimal(2**53 + 1)),
        ("double", "float", 0.1),
        ("timestamp", "date", 1_000_000),
        ("binary", "string", b"\xff"),
        ("string", "int", "x"),
    ],
)
def test_a_type_that_loses_a_value_is_not_lossless(old: str, new: str, value: Any) -> None:
    assert not lossless(old, new)
    assert typed(pa.array([value], parsed(old).arrow), new).misfits is not None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("struct<a:int>", "struct<a:bigint,b:int>", True),
        ("struct<A:int>", "struct<a:bigint>", True),
        ("struct<a:int,b:int>", "struct<a:int>", False),
        ("array<int>", "array<double>", True),
        ("array<bigint>", "array<double>", False),
        ("map<string,int>", "map<string,string>", True),
        ("struct<a:int>", "string", True),
        ("struct<>", "string", True),
        ("struct<a:int>", "array<int>", False),
    ],
)
def test_nested_types_are_lossless_by_their_parts(old: str, new: str, expected: bool) -> None:
    assert lossless(old, new) is expected


def test_whole_numbers_of_all_sizes_are_on_one_ladder() -> None:
    for kind, bits in BITS.items():
        column = [Number(2**bits)]
        expected = {7: "smallint", 15: "int", 31: "bigint", 63: "string"}[bits]
        assert narrowest(column, pa.array([True]), kind) == expected
