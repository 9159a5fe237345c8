"""JSON in the types of the catalog: by name, as it was written, and never a part of a value."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.reading.records import Number
from dataflow.values.json_text import json_text, parsed_json
from dataflow.values.kinds import Kind, parsed
from dataflow.values.typing import Typed, reason, text_of, typed
from tests.dataflow.value_samples import bounded, texts

MISFIT = object()
PERSON = "struct<id:int,address:struct<streetname:string,zip:string>,tags:array<struct<k:string>>>"
CASES: list[tuple[str, str, Any]] = [
    ("string", "1.10", "1.10"),
    ("string", "100000000.0", "100000000.0"),
    ("string", "12345678901234567.89", "12345678901234567.89"),
    ("string", "true", "true"),
    ("string", '"text"', "text"),
    ("string", '{"a": [1.10, null, "ä", true], "b": {}}', '{"a":[1.10,null,"ä",true],"b":{}}'),
    ("string", "[]", "[]"),
    ("int", "7", 7),
    ("int", '"7"', 7),
    ("int", "1e2", 100),
    ("int", '"1e2"', MISFIT),
    ("int", '"007"', MISFIT),
    ("int", "7.9", MISFIT),
    ("int", "true", MISFIT),
    ("int", "[7]", MISFIT),
    ("double", "1E5", 100000.0),
    ("double", "12345678901234567.89", MISFIT),
    ("decimal(38,2)", "12345678901234567.89", Decimal("12345678901234567.89")),
    ("boolean", "false", False),
    ("boolean", "0", MISFIT),
    ("timestamp", "1714557600000", MISFIT),
    ("date", "20240501", MISFIT),
    ("struct<x:int,y:string>", '{"y": "a", "x": 1}', {"x": 1, "y": "a"}),
    ("struct<x:int,y:string>", '{"x": null}', {"x": None, "y": None}),
    ("struct<x:int,y:string>", '{"x": "abc", "y": "b"}', MISFIT),
    ("struct<x:int>", '"just text"', MISFIT),
    ("struct<x:int>", "[1, 2]", MISFIT),
    ("struct<x:int>", "7", MISFIT),
    ("struct<x:int>", '{"x": 1, "X": 2}', MISFIT),
    ("struct<x:int>", '{"x": 1, "y": null}', {"x": 1}),
    ("struct<username:string>", '{"userName": "ann"}', {"username": "ann"}),
    ("struct<userName:string>", '{"USERNAME": "ann"}', {"userName": "ann"}),
    ("struct<a:string,A:int>", '{"a": "x", "A": 1}', {"a": "x", "A": 1}),
    ("array<int>", "[1, null, 3]", [1, None, 3]),
    ("array<int>", '[1, "x"]', MISFIT),
    ("array<array<int>>", "[[1], [], null]", [[1], [], None]),
    ("map<string,int>", '{"a": 1, "b": null}', [("a", 1), ("b", None)]),
    ("map<int,string>", '{"1": "a"}', [(1, "a")]),
    ("map<int,string>", '{"x": "a"}', MISFIT),
    ("map<string,int>", '{"a": "x"}', MISFIT),
    ("struct<$oid:string,x:y:string>", '{"$oid": "64", "x:y": "z"}', {"$oid": "64", "x:y": "z"}),
]


@pytest.mark.parametrize(("kind", "text", "expected"), CASES)
def test_a_value_of_json_is_kept_as_a_whole_or_is_a_misfit(
    kind: str, text: str, expected: Any
) -> None:
    found = typed([None, parsed_json(text)], kind)
    if pa.types.is_nested(found.values.type) or expected is MISFIT:
        assert found.values.null_count == (2 if expected is MISFIT else 1)
    found.values.validate(full=True)
    if expected is MISFIT:
        assert found.misfits is not None
        assert found.misfits.to_pylist() == [False, True]
    else:
        assert found.misfits is None
        assert found.values.to_pylist() == [None, expected]


def test_a_column_can_mix_numbers_texts_and_objects() -> None:
    values = [parsed_json(text) for text in ("1.10", '"A7"', "true", '{"x": 1}', "null", "7")]
    assert typed(values, "string").values.to_pylist() == [
        "1.10",
        "A7",
        "true",
        '{"x":1}',
        None,
        "7",
    ]
    found = typed(values, "double")
    assert found.values.to_pylist() == [1.1, None, None, None, None, 7.0]
    assert found.misfits is not None
    assert found.misfits.to_pylist() == [False, True, True, True, False, False]


def test_fields_that_the_catalog_lacks_are_named_with_their_path() -> None:
    values = [
        parsed_json('{"address": {"streetName": "Main", "city": "x"}}'),
        parsed_json('{"id": 1, "tags": [{"K": "a"}, {"k": "b", "new": 1}], "more": true}'),
        parsed_json('{"id": 2, "tags": [{"K": "a"}], "none": null}'),
    ]
    found = typed(values, PERSON)
    assert found.unknown_fields == {"address.city", "tags[].new", "more"}
    assert found.misfits is not None
    assert found.misfits.to_pylist() == [True, True, False]
    assert reason(values[0], PERSON) == "the catalog's type lacks the field address.city"
    column = pa.array([{"id": 1, "new": 2}, {"id": 1, "new": None}])
    assert typed(column, PERSON).unknown_fields == {"new"}


def test_a_reason_names_the_field_inside() -> None:
    assert reason(
        parsed_json('{"id": 1, "tags": [{"k": {"a": 1}}]}'), PERSON.replace("k:string", "k:int")
    ) == ("field tags[].k: '{\"a\":1}' is not a valid int")
    assert reason(parsed_json('"text"'), "struct<x:int>") == "'text' is not a valid struct<x:int>"
    assert reason(parsed_json('{"a": {"b": "x"}}'), "map<string,map<string,int>>") == (
        "field [][]: 'x' is not a valid int"
    )
    broken = pa.array(['{"x": 1', '{"x": "y"}'])
    assert reason(broken[0], "struct<x:int>").startswith(
        "'{\"x\": 1' is not a valid struct<x:int>: Expecting"
    )
    assert reason(broken[1], "struct<x:int>") == "field x: 'y' is not a valid int"
    lists = pa.array([[None, {"x": 1.0}, {"x": 1.5}]])
    assert reason(lists[0], "array<struct<x:int>>") == "field [].x: '1.5' is not a valid int"


def test_columns_of_arrow_are_read_by_name_too() -> None:
    column = pa.array(
        [{"B": 2.0, "a": [1.0]}, {"B": 2.5, "a": None}, None, {"B": None, "a": [1.5]}]
    )
    found = typed(column, "struct<a:array<int>,b:int,c:string>")
    assert found.misfits is not None
    assert found.misfits.to_pylist() == [False, True, False, True]
    assert found.values.to_pylist() == [{"a": [1], "b": 2, "c": None}, None, None, None]
    texts_of = typed(column, "string").values.to_pylist()
    assert texts_of[0] == '{"B":2,"a":[1]}'
    maps = pa.array([[("x", 1)], None, [("y", 300)], []], pa.map_(pa.string(), pa.int32()))
    for part in (maps, maps.slice(1)):
        small = typed(part, "map<string,tinyint>")
        expected = [[("x", 1)], None, None, []][len(maps) - len(part) :]
        assert small.values.to_pylist() == expected
    lists = pa.array([[1], None, [300, 1], [2, 3]], pa.large_list(pa.int64())).slice(1)
    assert typed(lists, "array<tinyint>").values.to_pylist() == [None, None, [2, 3]]


scalars = st.one_of(
    st.none(),
    st.booleans(),
    texts,
    st.integers().map(Number),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda n: Number(repr(n))),
)
names = st.sampled_from(["a", "b", "A", "userName", "x:y", "$oid"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
leaves = st.sampled_from(["int", "double", "string", "boolean", "decimal(10,2)", "timestamp"]).map(
    parsed
)
kinds = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda part: Kind("array", parts=(part,))),
        inner.map(lambda part: Kind("map", parts=(parsed("string"), part))),
        st.dictionaries(names, inner, min_size=1, max_size=3).map(
            lambda fields: Kind("struct", fields=tuple(fields), parts=tuple(fields.values()))
        ),
    ),
    max_leaves=4,
).filter(lambda kind: kind == kind.written())


def is_kept(value: Any, found: Any, kind: Kind) -> bool:
    """Return whether a value of JSON is in a value of Arrow as a whole."""
    if value is None:
        return found is None
    if not kind.is_nested:
        return is_scalar_kept(value, found, kind)
    if kind.name == "struct":
        lower = {name.lower(): name for name in kind.fields}
        parts = dict(zip(kind.fields, kind.parts, strict=True))
        fields = {lower[name.lower()]: each for name, each in value.items() if each is not None}
        return set(found) == set(parts) and all(
            is_kept(fields.get(name), found[name], part) for name, part in parts.items()
        )
    if kind.name == "array":
        return len(value) == len(found) and all(
            is_kept(one, other, kind.parts[0]) for one, other in zip(value, found, strict=True)
        )
    return list(value) == [name for name, _ in found] and all(
        is_kept(value[name], each, kind.parts[1]) for name, each in found
    )


def is_scalar_kept(value: Any, found: Any, kind: Kind) -> bool:
    """Return whether a value of JSON is in a value without parts."""
    if kind.name == "string":
        return bool(found == value) if isinstance(value, str) else parsed_json(found) == value
    if isinstance(value, str) and not value.strip():
        return found is None
    if isinstance(value, Number):
        return Decimal(str(value)) == Decimal(str(found))
    shown = text_of(pa.array([found], kind.arrow), 0)
    again = typed(pa.array([shown]), str(kind)).values
    return bool(again.equals(typed([value], str(kind)).values))


@bounded
@given(column=st.lists(values, min_size=1, max_size=8), kind=kinds)
def test_what_fits_a_nested_type_is_there_as_a_whole(column: list[Any], kind: Kind) -> None:
    found: Typed = typed(column, str(kind))
    found.values.validate(full=True)
    assert found.values.type == kind.arrow
    wrong = [False] * len(column) if found.misfits is None else found.misfits.to_pylist()
    for position, value in enumerate(column):
        given = found.values[position].as_py()
        if wrong[position]:
            assert given is None
            assert reason(value, str(kind))
        else:
            assert is_kept(value, given, kind)
        alone = typed([value], str(kind))
        assert (alone.misfits is not None) == wrong[position]


@st.composite
def kind_and_value(draw: st.DrawFn) -> tuple[Kind, list[Any]]:
    """Return a type with values that are made for it."""
    kind = draw(kinds)
    return kind, draw(st.lists(made_for(kind), min_size=1, max_size=5))


def made_for(kind: Kind) -> st.SearchStrategy[Any]:
    """Return values that fit a type."""
    if kind.name == "struct":
        return st.fixed_dictionaries(
            {},
            optional={
                name: made_for(part) for name, part in zip(kind.fields, kind.parts, strict=True)
            },
        )
    if kind.name == "array":
        return st.lists(made_for(kind.parts[0]), max_size=3)
    if kind.name == "map":
        return st.dictionaries(st.text(max_size=3), made_for(kind.parts[1]), max_size=3)
    return {
        "int": st.integers(-(2**31), 2**31 - 1).map(Number),
        "double": st.floats(allow_nan=False, allow_infinity=False).map(
            lambda each: Number(repr(each))
        ),
        "string": st.text() | scalars,
        "boolean": st.booleans(),
        "decimal": st.decimals(-1000, 1000, places=2).map(lambda each: Number(f"{each:f}")),
        "timestamp": st.datetimes().map(str),
    }[kind.name]


@bounded
@given(pair=kind_and_value())
def test_what_is_made_for_a_nested_type_fits(pair: tuple[Kind, list[Any]]) -> None:
    kind, column = pair
    found = typed(column, str(kind))
    assert found.misfits is None
    again = typed(found.values, str(kind))
    assert again.misfits is None
    assert again.values.equals(found.values)
    shown = typed(pa.array(map(json_text, column)), str(kind))
    if kind.is_nested:
        assert shown.misfits is None
        assert shown.values.equals(found.values)


@bounded
@given(value=values)
def test_the_text_of_json_is_read_back_as_the_same_json(value: Any) -> None:
    assert parsed_json(json_text(value)) == value
    assert json.loads(json_text(value)) == json.loads(json_text(parsed_json(json_text(value))))


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"a":1,"a":2}', "[" * 100_000, "1 2"])
def test_a_text_that_is_not_json_does_not_fit_a_nested_type(text: str) -> None:
    found = typed(pa.array([text, None]), "array<int>")
    assert found.values.null_count == 2
    assert (found.misfits is None) == (not text)


def test_columns_of_arrow_become_json_text() -> None:
    nanos = pa.array([1714557600123456789], pa.timestamp("ns"))
    inner = [("n", nanos), ("b", pa.array([b"x"])), ("d", pa.array([Decimal("1.50")]))]
    column = pa.StructArray.from_arrays([each for _, each in inner], [name for name, _ in inner])
    maps = pa.array([[("k", True)], None], pa.map_(pa.string(), pa.bool_()))
    lists = pa.array([[b"ok"], [b"\xff"], []], pa.list_(pa.binary()))

    [text] = typed(column, "string").values.to_pylist()
    assert text == '{"n":"2024-05-01 10:00:00.123456789","b":"x","d":1.50}'
    assert typed(maps, "string").values.to_pylist() == ['{"k":true}', None]
    assert typed(lists, "string").values.to_pylist() == ['["ok"]', None, "[]"]
    assert typed(lists, "string").misfits.to_pylist() == [False, True, False]  # type: ignore[union-attr]
    assert reason(column[0], "int") == f"'{text}' is not a valid int"


@pytest.mark.parametrize("kind", ["string", "int", "struct<a:string>", "map<string,string>"])
def test_a_lone_surrogate_of_json_is_a_misfit(kind: str) -> None:
    values = [parsed_json(text) for text in ('"\\ud800"', '{"a": "\\ud800"}', '{"\\ud800": "x"}')]
    found = typed(values, kind)
    assert found.values.null_count == 3
    assert found.misfits is not None
    assert found.misfits.to_pylist() == [True] * 3
    assert all(reason(value, kind).encode() for value in values)


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e400", "1e-5000", "9" * 5000])
@pytest.mark.parametrize("kind", ["int", "float", "double", "decimal(38,18)"])
def test_a_number_beyond_all_bounds_is_a_misfit(number: str, kind: str) -> None:
    assert typed([Number(number)], kind).misfits is not None
    assert typed([Number(number)], "string").values.to_pylist() == [number]
