"""Avro: any records are read as fastavro wrote them, and damaged bytes are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.skip_reasons import Unreadable
from tests.dataflow.avro_objects import CODECS, TYPES, avro, logical, read, record
from tests.dataflow.document_outcomes import EXAMPLES, damaged

LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("int", st.integers(-(2**31), 2**31 - 1)),
    ("long", st.integers(-(2**63), 2**63 - 1)),
    ("double", st.floats(allow_nan=False)),
    ("boolean", st.booleans()),
    ("string", st.text(max_size=5)),
    ("bytes", st.binary(max_size=5)),
    (
        logical("bytes", "decimal", precision=10, scale=3),
        st.decimals(-(10**6), 10**6, places=3, allow_nan=False),
    ),
    (logical("int", "date"), st.dates()),
    (
        logical("long", "timestamp-micros"),
        st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    (logical("long", "time-micros"), st.times()),
]


@st.composite
def typed_values(
    draw: st.DrawFn, depth: int = 2, name: str = "r"
) -> tuple[Any, st.SearchStrategy[Any]]:
    """Return a type and its values; those of maps as pairs."""
    shape = draw(
        st.sampled_from(["leaf", "nullable", "array", "map", "record"][: 5 if depth else 1])
    )
    if shape == "leaf":
        kind, values = draw(st.sampled_from(LEAVES))
        return kind, values
    if shape == "record":
        count = draw(st.integers(1, 3))
        inner = {f"f{n}": draw(typed_values(depth - 1, f"{name}{n}")) for n in range(count)}
        fields = [{"name": n, "type": kind} for n, (kind, _) in inner.items()]
        schema = {"type": "record", "name": name, "fields": fields}
        return schema, st.fixed_dictionaries({n: values for n, (_, values) in inner.items()})
    kind, values = draw(typed_values(depth - 1, name))
    if shape == "array":
        return {"type": "array", "items": kind}, st.lists(values, max_size=3)
    if shape == "map":
        return {"type": "map", "values": kind}, st.dictionaries(
            st.text(max_size=3), values, max_size=3
        )
    return ["null", kind] if kind != "null" and not isinstance(
        kind, list
    ) else kind, values | st.none()


def pairs_of(value: Any, schema: Any) -> Any:
    """Return a value with maps as pairs, as Arrow has them."""
    if isinstance(schema, list):
        return None if value is None else pairs_of(value, schema[1])
    if not isinstance(schema, dict) or value is None:
        return value
    match schema["type"]:
        case "map":
            return [(name, pairs_of(each, schema["values"])) for name, each in value.items()]
        case "array":
            return [pairs_of(each, schema["items"]) for each in value]
        case "record":
            return {f["name"]: pairs_of(value[f["name"]], f["type"]) for f in schema["fields"]}
    return value


@given(st.data(), st.sampled_from(CODECS))
@settings(max_examples=2 * EXAMPLES)
def test_any_records_are_read_as_they_were_written(data: st.DataObject, codec: str) -> None:
    schema, values = data.draw(typed_values())
    rows = data.draw(st.lists(st.fixed_dictionaries({"v": values}), max_size=5))
    found = read(avro(record(v=schema), rows, codec, sync_interval=100))
    expected = [{"v": pairs_of(row["v"], schema)} for row in rows]

    assert found.all_rows() == [row if row["v"] is not None else {} for row in expected]


@given(st.data())
@settings(max_examples=4 * EXAMPLES)
def test_damaged_bytes_are_rows_rejects_or_refused(data: st.DataObject) -> None:
    fields = {name: kind for name, (kind, *_) in zip("abcdefghijklmnop", TYPES, strict=False)}
    row = {name: value for name, (_, value, *_) in zip(fields, TYPES, strict=False)}
    whole = avro(record(**fields), [row] * 20, data.draw(st.sampled_from(CODECS)))
    try:
        found = read(damaged(data, whole))
    except Unreadable:
        return
    assert len(found.records()) <= 20
