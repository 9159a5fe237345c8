"""Types of the catalog: every type that Glue writes is read, and written back the same."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.values.kinds import Kind, UnknownKind, arrow_type, parsed, written_kind
from tests.dataflow.value_samples import bounded

SCALARS = [
    *("tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "string", "binary"),
    *("date", "timestamp", "decimal(10,2)", "decimal(38,38)", "char(3)", "varchar(65535)"),
]
# Colons, dots, hyphens and commas are in names of real JSON, and Glue writes them as they are.
names = st.text("abAZ_09 $-:.,äß()", min_size=1, max_size=8).map(str.strip).filter(bool)


def is_clear(name: str) -> bool:
    """Return whether a name holds no text such as `:int,`, which could be a field of its own."""
    return not name.startswith(":") and not name.startswith("`")


kinds = st.recursive(
    st.sampled_from(SCALARS).map(parsed),
    lambda inner: st.one_of(
        inner.map(lambda part: Kind("array", parts=(part,))),
        st.tuples(inner, inner).map(lambda parts: Kind("map", parts=parts)),
        st.dictionaries(names.filter(is_clear), inner, max_size=4).map(
            lambda fields: Kind("struct", fields=tuple(fields), parts=tuple(fields.values()))
        ),
    ),
    max_leaves=8,
)


@bounded
@given(kind=kinds)
def test_a_type_is_read_as_it_is_written(kind: Kind) -> None:
    assert parsed(str(kind)) == kind


@bounded
@given(kind=kinds)
def test_parquet_can_hold_each_written_type(kind: Kind) -> None:
    written = written_kind(str(kind))
    assert written_kind(written) == written
    assert "struct<>" not in written
    table = pa.table({"c": pa.nulls(1, arrow_type(written))})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    assert pq.read_table(pa.BufferReader(sink.getvalue())).num_rows == 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("STRING", "string"),
        ("Decimal( 10 , 2 )", "decimal(10,2)"),
        ("decimal", "decimal(10,0)"),
        ("decimal(7)", "decimal(7,0)"),
        ("integer", "int"),
        ("double precision", "double"),
        ("array< struct<a: int, b :string> >", "array<struct<a:int,b:string>>"),
        ("struct<`a:b`:int,`c``d`:string>", "struct<a:b:int,c`d:string>"),
        ("struct<user-agent:string,x:y:string>", "struct<user-agent:string,x:y:string>"),
        ("struct<$oid:string,a,b:int>", "struct<$oid:string,a,b:int>"),
        ("map<string,struct<>>", "map<string,struct<>>"),
    ],
)
def test_a_type_can_be_spelled_in_several_ways(kind: str, expected: str) -> None:
    assert str(parsed(kind)) == expected


def test_a_name_can_hold_colons() -> None:
    kind = parsed("struct<x:y:string,int:string:array<int>>")
    assert kind.fields == ("x:y", "int:string")


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("struct<>", "string"),
        ("struct<id:int,meta:struct<>>", "struct<id:int,meta:string>"),
        ("array<struct<>>", "array<string>"),
        ("struct<a:int,A:string>", "string"),
        ("char(3)", "string"),
    ],
)
def test_a_struct_that_parquet_cannot_hold_is_written_as_text(kind: str, written: str) -> None:
    assert written_kind(kind) == written


@pytest.mark.parametrize(
    "kind",
    [
        *("", "interval", "decimal(39,2)", "decimal(2,3)", "array", "array<int", "map<int>"),
        *("char", "struct<a>", "int(3)", "array<int>>", "array<int,int>", "uniontype<int,string>"),
    ],
)
def test_an_unknown_type_is_named(kind: str) -> None:
    with pytest.raises(UnknownKind, match="unknown type"):
        parsed(kind)


def test_a_type_of_any_length_and_depth_has_an_answer() -> None:
    fields = ",".join(f"f{number}:struct<a:int,b:array<string>>" for number in range(3000))
    assert len(parsed(f"struct<{fields}>").fields) == 3000
    with pytest.raises(UnknownKind, match="nested too deeply"):
        parsed("array<" * 50_000 + "int" + ">" * 50_000)
