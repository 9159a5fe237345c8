"""JSON: which text is a record, which is a reject, and which object is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dataflow.reading import field_columns, json_documents, json_lines, json_records
from dataflow.reading.json_records import json_batches
from dataflow.reading.records import RAW_CHARACTERS, Number
from dataflow.skip_reasons import Unreadable
from dataflow.source_options import JsonOptions
from tests.dataflow.document_outcomes import Outcome, blocks_of, outcome


def read(text: str, size: int = 2**20, **options: Any) -> Outcome:
    return outcome(json_batches(blocks_of(text, size), JsonOptions(**options)))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('{"id":1}\n{"id":2}\n', 2),
        ('{"id":1}\r\n{"id":2}\r\n', 2),
        ('\n\n{"id":1}\n \t \n{"id":2}', 2),
        ('{"id":1}{"id":2}{"id":3}', 3),
        ('{"id":1} {"id":2}\n{"id":3}{"id":4}\n', 4),
        ('{\n  "id": 1\n}\n{\n  "id": 2\n}\n', 2),
        ('{"id":\n1}{"id":2}', 2),
        ('[{"id":1},{"id":2}]', 2),
        ('[\n  {"id": 1},\n  {"id": 2}\n]\n', 2),
        ('[{"id":1},{"id":2}]\n[{"id":3}]', 3),
        ('{"id":1}\n[{"id":2},{"id":3}]\n', 3),
        ("[]", 0),
        ("", 0),
        (" \n\n", 0),
    ],
)
def test_every_object_is_one_record_however_it_is_laid_out(text: str, rows: int) -> None:
    for size in (1, 7, 1000):
        found = read(text, size)

        assert [row["id"] for row in found.all_rows()] == [str(n + 1) for n in range(rows)]
        assert not found.reasons


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id":1', "Expecting ',' delimiter at character 8"),
        ('{"id":1,', "Expecting property name"),
        ('{"id":1} x', "there is text after a value at character 9"),
        ('{"id":1},{"id":2}', "there is text after a value at character 9"),
        ('{"id":1}}', "there is text after a value"),
        ("<html>", "not JSON"),
        ("5", "not a JSON object: a number"),
        ('"text"', "not a JSON object: a string"),
        ("true", "not a JSON object: a boolean"),
        ("null", "not a JSON object: null"),
        ("[1,2]", "not a JSON object: an array"),
        ('{"a":NaN}', "NaN is not a JSON value"),
        ('{"a":[-Infinity]}', "-Infinity is not a JSON value"),
        ('{"a":1,"a":2}', "the name 'a' more than once"),
        ('{"m":{"a":1,"b":2,"a":1}}', "the name 'a' more than once"),
        ('{"id":1,"ID":2}', "the names 'id' and 'ID' are the same column"),
        (r'{"a":"\ud800"}', r"the escape \ud800 is half a character"),
        (r'{"a":{"\udc00":1}}', r"the escape \udc00 is half a character"),
        ('{"a":"\udcff"}', "the byte 0xff cannot be decoded"),
        ('{"\udc80":1}', "the byte 0x80 cannot be decoded"),
        ('{"a":"x\ty"}', "Invalid control character"),
        ('{"a":01}', "not JSON"),
        ("{'a':1}", "not JSON"),
        ('{"a":' * 300 + "1" + "}" * 300, "more than 200 levels"),
        ("[" * 100_000, "more than 200 levels"),
    ],
)
def test_a_faulty_line_is_one_reject_with_its_number_and_text(line: str, reason: str) -> None:
    found = read('{"id":1}\n' + line + '\n{"id":3}\n')

    assert found.all_rows() == [{"id": "1"}, {"id": "3"}]
    assert list(found.reasons) == [2]
    assert reason in found.reasons[2]
    assert found.raws[2] == line[:RAW_CHARACTERS]


def test_a_fault_after_values_of_a_line_rejects_what_begins_there() -> None:
    found = read('{"id":1}{"id":2}{"id":\n{"id":4}')

    assert [row["id"] for row in found.all_rows()] == ["1", "2", "4"]
    assert found.raws[3] == '{"id":'


def test_a_first_line_that_is_cut_does_not_cost_the_others() -> None:
    for size in (1, 12, 1000):
        found = read('{"id":1,\n{"id":2}\n{"id":3}\n', size)

        assert [row["id"] for row in found.all_rows()] == ["2", "3"]
        assert list(found.reasons) == [1]


@pytest.mark.parametrize(
    "number",
    ["1.10", "-0", "1E400", "1e-7", "12345678901234567.89", "9" * 5000, "0.1000", "100000000.0"],
)
def test_a_number_is_kept_as_written_at_every_depth(number: str) -> None:
    for value in (number, f"[{number}]", f'{{"x":[{number}]}}'):
        (row,) = read(f'{{"a":{value}}}').all_rows()
        while not isinstance(row, str):
            row = next(iter(row.values())) if isinstance(row, dict) else row[0]

        assert row == number
        assert isinstance(row, Number)


def test_a_text_of_digits_is_no_number() -> None:
    (row,) = read('{"a":"1.10"}').all_rows()

    assert row == {"a": "1.10"}
    assert not isinstance(row["a"], Number)


@pytest.mark.parametrize("name", ["$oid", "user-agent", "x:y", "a.b", "a b", "", "n" * 300, "é\n"])
def test_a_name_is_kept_at_every_depth(name: str) -> None:
    escaped = name.replace("\n", "\\n")

    assert read(f'{{"{escaped}":{{"{escaped}":"v"}}}}').all_rows() == [{name: {name: "v"}}]


def test_records_with_other_fields_and_spellings_share_columns() -> None:
    found = read('{"id":1,"v":"a"}\n{"ID":2,"w":{}}\n{"v":null}\n{}\n')

    assert found.all_rows() == [{"id": "1", "v": "a"}, {"id": "2", "w": {}}, {}, {}]


def test_names_within_a_value_can_differ_in_case() -> None:
    assert read('{"m":{"a":1,"A":2}}').all_rows() == [{"m": {"a": "1", "A": "2"}}]


@pytest.mark.parametrize(
    ("text", "options", "where"),
    [
        ('[{"id":1},{"id":2}', {}, "at character 19"),
        ('[{"id":1}{"id":2}]', {}, "`,` or `]` is missing at character 10"),
        ('[{"id":1},]', {}, "at character 11"),
        ('{\n"id":1,\n"v"\n}\n', {}, "at character 15"),
        ('{"id":1}\n{"id"\n{"id":3}', {"multi_line": True}, "Expecting ':' delimiter at character"),
        ('{"id":1}\nx', {"multi_line": True}, "at character 10"),
        ("[" * 100_000, {"multi_line": True}, "levels at character 2"),
    ],
)
def test_a_broken_document_is_refused_with_the_place(
    text: str, options: dict[str, Any], where: str
) -> None:
    for size in (3, 10**6):
        with pytest.raises(Unreadable, match="not JSON") as refused:
            read(text, size, **options)

        assert where in str(refused.value)


def test_a_faulty_element_of_an_array_is_one_reject() -> None:
    found = read('[{"id":1}, {"id":NaN}, 7, {"id":2,"id":2}, {"id":5}]')

    assert found.all_rows() == [{"id": "1"}, {"id": "5"}]
    assert list(found.reasons) == [2, 3, 4]


@pytest.mark.parametrize("multi_line", [True, False])
@pytest.mark.parametrize("space", ["", "\n", " \r\n\t"])
def test_records_below_a_path_are_taken_from_each_document(multi_line: bool, space: str) -> None:
    text = (
        '{"n":{"items":0},"data":{"next":null,"items":[{"id":1},{"id":2}]},"z":[1]}\n'
        '{"data":{"items":{"id":3}}}\n{"data":{"items":[]}}\n[{"data":{"items":[{"id":4}]}}]\n'
    ).replace(":", ":" + space)
    found = read(text, 5, record_path="data.items", multi_line=multi_line)

    assert [row["id"] for row in found.all_rows()] == ["1", "2", "3", "4"]
    assert not found.reasons


@pytest.mark.parametrize("document", ['{"data":{}}', '{"data":5}', "7", '{"items":[{"id":1}]}'])
def test_a_document_without_the_path_is_a_reject(document: str) -> None:
    found = read(document + "\n", record_path="data.items")

    assert "of source.json.recordPath" in found.reasons[1]


def test_a_broken_line_with_a_path_costs_only_itself() -> None:
    found = read('{"r":[{"id":1}]}\n{"r":[{"id":2},\n{"r":[{"id":3}]}', record_path="r")

    assert [row["id"] for row in found.all_rows()] == ["1", "3"]
    assert list(found.reasons) == [2]


def test_a_line_longer_than_memory_may_hold_is_one_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "LONG", 100)
    monkeypatch.setattr(json_lines, "LONG", 100)
    monkeypatch.setattr(json_lines, "VALUE_CHARACTERS", 1000)
    text = '{"id":1}\n{"id":"' + "x" * 5000 + '"}\n{"id":3}{"id":4}'
    found = read(text, 50)

    assert [row["id"] for row in found.all_rows()] == ["1", "3", "4"]
    assert "more than 1,000 characters" in found.reasons[2]


def test_objects_without_a_newline_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "LONG", 100)
    monkeypatch.setattr(json_lines, "LONG", 100)
    monkeypatch.setattr(json_lines, "VALUE_CHARACTERS", 1000)
    found = read("".join(f'{{"id":{n}}}' for n in range(1000)), 50)

    assert [row["id"] for row in found.all_rows()] == [str(n) for n in range(1000)]


def test_a_document_larger_than_memory_may_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "LONG", 100)
    monkeypatch.setattr(json_documents, "VALUE_CHARACTERS", 1000)
    with pytest.raises(Unreadable, match="a value is larger than"):
        read('[{"id":1},{"id":"' + "x" * 5000 + '"}]', 50)


def test_names_that_are_never_the_same_do_not_exhaust_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(field_columns, "CELLS", 1000)
    text = "\n".join(f'{{"n{n}":{n}}}' for n in range(500))
    batches = list(json_batches(iter([text]), JsonOptions()))

    assert outcome(batches).all_rows() == [{f"n{n}": str(n)} for n in range(500)]
    assert max(len(batch.numbers) * len(batch.columns) for batch in batches) <= 1000
