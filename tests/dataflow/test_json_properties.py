"""JSON: any objects in any layout are the same records; Python's json is the oracle."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.reading.json_records import json_batches
from dataflow.reading.records import Number
from dataflow.skip_reasons import Unreadable
from dataflow.source_options import JsonOptions
from tests.dataflow.document_outcomes import EXAMPLES, Outcome, blocks_of, outcome

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS.map(Number) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(
    st.dictionaries(TEXTS, VALUES, max_size=4).filter(
        lambda record: len({name.lower() for name in record}) == len(record)
    ),
    max_size=6,
)
SPACES = st.text(" \t\r\n", max_size=2)


def written(value: Any, ascii_only: bool, space: str = "") -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inner = [
            f"{json.dumps(name, ensure_ascii=ascii_only)}{space}:{written(each, ascii_only, space)}"
            for name, each in value.items()
        ]
        return "{" + f"{space},".join(inner) + space + "}"
    if isinstance(value, list):
        return "[" + f",{space}".join(written(each, ascii_only, space) for each in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


def same(value: Any, other: Any) -> bool:
    if isinstance(value, Number) is not isinstance(other, Number):
        return False
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(same(value[n], other[n]) for n in value)
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(same, value, other))
    return bool(value == other) and type(value) is type(other)


def rows_are(found: Outcome, records: list[dict[str, Any]]) -> bool:
    """Return whether rows are records; a column has the spelling that its batch had first."""
    lowered = [{n.lower(): v for n, v in row.items()} for row in found.all_rows()]
    expected = [{n.lower(): v for n, v in r.items() if v is not None} for r in records]
    return len(lowered) == len(expected) and all(map(same, lowered, expected))


@given(st.data(), RECORDS, st.booleans(), st.integers(1, 40))
@settings(max_examples=2 * EXAMPLES)
def test_objects_are_the_same_records_in_every_layout(
    data: st.DataObject, records: list[dict[str, Any]], ascii_only: bool, size: int
) -> None:
    layout = data.draw(st.sampled_from(["lines", "concatenated", "array", "documents", "path"]))
    space = data.draw(SPACES) if layout in {"array", "documents", "path"} else ""
    texts = [written(record, ascii_only, space) for record in records]
    options = JsonOptions(multi_line=layout == "documents")
    match layout:
        case "lines":
            text = data.draw(st.sampled_from(["\n", "\r\n", "\n\n \n"])).join(texts)
        case "concatenated":
            text = data.draw(st.text(" \t", max_size=2)).join(texts)
        case "array":
            text = space + "[" + f"{space},{space}".join(texts) + "]" + space
        case "documents":
            text = data.draw(SPACES).join(texts)
        case _:
            text = f'{{"a":{space}1,"p":{{"q":[{f"{space},".join(texts)}],"z":{{}}}}}}{space}'
            options = JsonOptions(record_path="p.q", multi_line=data.draw(st.booleans()))
    found = outcome(json_batches(blocks_of(text, size), options))

    assert not found.reasons
    assert rows_are(found, records)


EMPTY = re.compile(r"[ \t\r]*(\[[ \t\r]*\][ \t\r]*)*")  # text without a value, or empty arrays


@given(RECORDS, st.booleans(), st.data())
@settings(max_examples=2 * EXAMPLES)
def test_a_damaged_line_costs_no_other_line(
    records: list[dict[str, Any]], ascii_only: bool, data: st.DataObject
) -> None:
    lines = [written(record, ascii_only) for record in records]
    place = data.draw(st.integers(0, len(lines)))
    damaged = data.draw(st.text('{}[]",:1eE-.tfnN\\u d8\udc80é', max_size=12))
    text = "\n".join(['{"first":0}', *lines[:place], damaged, *lines[place:]])
    found = outcome(json_batches(blocks_of(text, data.draw(st.integers(1, 40))), JsonOptions()))
    others = len(found.records()) - 1 - len(lines)
    after = {
        number: row
        for number, row in found.rows.items()
        if not place + 1 < number <= place + 1 + others
    }

    assert others >= 0
    assert rows_are(Outcome(after), [{"first": Number("0")}, *records])
    assert bool(others) is (EMPTY.fullmatch(damaged) is None)


@given(RECORDS.filter(bool), st.data())
@settings(max_examples=2 * EXAMPLES)
def test_damaged_text_is_rows_rejects_or_refused_and_never_another_value(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    layout = data.draw(st.sampled_from(["\n", ",", ""]))
    text = layout.join(written(record, data.draw(st.booleans())) for record in records)
    text = f"[{text}]" if layout == "," else text
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    damage = data.draw(st.text('{}[]",:1eE-.tfnN\\u\n\udc80é', max_size=2))
    text = text[:start] + damage + text[end:]
    options = JsonOptions(multi_line=data.draw(st.booleans()))
    try:
        found = outcome(json_batches(blocks_of(text, data.draw(st.integers(1, 40))), options))
    except Unreadable:
        return
    for number, row in found.rows.items():
        record = json.loads(found.raws[number], parse_float=Number, parse_int=Number)

        assert found.raws[number] in text
        assert rows_are(Outcome({1: row}), [record])
