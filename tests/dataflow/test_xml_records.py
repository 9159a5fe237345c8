"""XML: which elements are records with which values, and which objects are refused."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.reading import xml_elements, xml_encodings, xml_records
from dataflow.reading.xml_lists import with_lists
from dataflow.reading.xml_records import xml_batches
from dataflow.skip_reasons import Unreadable
from dataflow.source_options import XmlOptions
from tests.dataflow.document_outcomes import EXAMPLES, Outcome, damaged, outcome


def read(text: str | bytes, tag: str = "row") -> Outcome:
    data = text.encode() if isinstance(text, str) else text
    return outcome(xml_batches(io.BytesIO(data), XmlOptions(row_tag=tag)))


@pytest.mark.parametrize(
    ("element", "row"),
    [
        ("<row><a>1.10</a><b> x </b></row>", {"a": "1.10", "b": " x "}),
        ("<row><a/><b></b><c>x</c></row>", {"c": "x"}),
        ("<row id='7'><a>x</a></row>", {"_id": "7", "a": "x"}),
        ("<row id='7'/>", {"_id": "7"}),
        ("<row/>", {}),
        ("<row>text</row>", {"_VALUE": "text"}),
        ("<row id='7'> text </row>", {"_id": "7", "_VALUE": " text "}),
        ("<row><a>1</a><a>2</a><a>3</a></row>", {"a": ["1", "2", "3"]}),
        ("<row><a>1</a><a/></row>", {"a": ["1", None]}),
        ("<row><a><b>1</b></a>\n</row>", {"a": {"b": "1"}}),
        ("<row><a u='m'>5</a></row>", {"a": {"_u": "m", "_VALUE": "5"}}),
        ("<row><a>x<b/>y</a></row>", {"a": {"b": None, "_VALUE": ["x", "y"]}}),
        ("<row><a>&lt;&#233;<![CDATA[<&>]]></a></row>", {"a": "<é<&>"}),
        ("<row><a>one<!-- no data -->two</a></row>", {"a": "onetwo"}),
        ("<row xmlns:n='u'><n:a n:b='1'>x</n:a></row>", {"a": {"_b": "1", "_VALUE": "x"}}),
        ("<row xmlns='u'><a>x</a></row>", {"a": "x"}),
        (
            "<row xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><a xsi:nil='true'/></row>",
            {},
        ),
        ("<row><row>inner</row></row>", {"row": "inner"}),
    ],
)
def test_an_element_becomes_a_row(element: str, row: dict[str, Any]) -> None:
    found = read(f"<rows><other>1</other>{element}<row><z>1</z></row></rows>")

    assert found.rows == {1: row, 2: {"z": "1"}}
    assert found.raws[1] == element


def test_the_root_can_be_the_record() -> None:
    assert read("<row><a>1</a></row>").all_rows() == [{"a": "1"}]


def test_plain_values_are_an_array_of_strings() -> None:
    found = read("<r><row><a>01</a><b>x</b></row><row><b><c>1</c></b></row></r>")

    assert found.types == {"a": {"string"}}


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ("<row xmlns:n='u'><n:a>1</n:a><a>2</a></row>", "two different fields 'a'"),
        ("<row a='1'><_a>2</_a></row>", "two different fields '_a'"),
        ("<row>text<_VALUE>2</_VALUE></row>", "two different fields '_VALUE'"),
        ("<row><x><_b/><y b='1'/></x><x b='1'><_b/></x></row>", "two different fields '_b'"),
        ("<row><a>1</a><A>2</A></row>", "the names 'a' and 'A' are the same column"),
        ("<row>" + "<a>" * 300 + "</a>" * 300 + "</row>", "more than 200 levels"),
    ],
)
def test_an_element_that_cannot_be_kept_is_one_reject(element: str, reason: str) -> None:
    found = read(f"<rows><row><a>1</a></row>{element}<row><a>3</a></row></rows>")

    assert found.all_rows() == [{"a": "1"}, {"a": "3"}]
    assert reason in found.reasons[2]
    assert found.raws[2] == element


def test_an_element_larger_than_memory_may_hold_is_one_reject(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xml_elements, "SIZE", 1000)
    monkeypatch.setattr(xml_encodings, "PIECE", 100)
    long, many = f"<a>{'x' * 2000}</a>", "<a/>" * 500
    found = read(f"<r><row>{long}</row><row>{many}</row><row><a>3</a></row></r>")

    assert found.all_rows() == [{"a": "3"}]
    assert set(found.reasons.values()) == {"a record has more than 1,000 characters"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_is_found_by_its_bytes(encoding: str) -> None:
    assert read("<r><row><a>é\U0001f600</a></row></r>".encode(encoding)).rows == {
        1: {"a": "é\U0001f600"}
    }


@pytest.mark.parametrize(
    "encoding", ["windows-1252", "iso-8859-1", "ISO-8859-15", "shift_jis", "gb18030"]
)
def test_a_declared_encoding_is_used(encoding: str) -> None:
    text = "ﾃ" if encoding == "shift_jis" else "ä"
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'
    data = f"{declaration}<r><row><a>{text}</a></row></r>".encode(encoding)

    assert read(data).all_rows() == [{"a": text}]


def test_a_declaration_that_the_bytes_disprove_does_not_count() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><r><row><a>é</a></row></r>'

    assert read(text).all_rows() == [{"a": "é"}]


@pytest.mark.parametrize(
    ("element", "kind", "value"),
    [
        ("<a>1</a>", pa.list_(pa.int64()), ["1"]),
        ("<a>1</a><a/>", pa.list_(pa.int64()), ["1", None]),
        ("<a/>", pa.list_(pa.int64()), None),
        ("<a><B>1</B></a>", pa.struct([("b", pa.list_(pa.int8()))]), {"B": ["1"]}),
        ("<a><b>1</b></a>", pa.list_(pa.struct([("b", pa.list_(pa.int8()))])), [{"b": ["1"]}]),
        ("<a><b>1</b></a>", pa.map_(pa.string(), pa.list_(pa.int8())), {"b": ["1"]}),
        ("<a><b>1</b></a>", pa.struct([("b", pa.int8())]), {"b": "1"}),
        ("<a>1</a>", pa.int8(), "1"),
    ],
)
def test_an_element_is_a_list_of_one_where_the_table_has_an_array(
    element: str, kind: pa.DataType, value: Any
) -> None:
    data = io.BytesIO(f"<r><row><id>1</id>{element}</row></r>".encode())
    batch = next(iter(xml_batches(data, XmlOptions(row_tag="row"))))
    column = with_lists(batch.columns["a"], kind)

    assert (column if isinstance(column, list) else column.to_pylist()) == [value]


BILLION = (
    '<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r><row>&b;</row></r>'
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BILLION, "DOCTYPE"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><row/></r>', "DOCTYPE"),
        ("<r><row>&unknown;</row></r>", "undefined entity at line 1, column 9"),
        ("<r><row><a>1</a></row>", "no element found at line 1"),
        ("<r><row><a>1</b></row></r>", "mismatched tag at line 1"),
        ("<r>\n<row a=1/></r>", "not well-formed (invalid token) at line 2, column 8"),
        ("", "no element found"),
        ("id,name\n1,a\n", "syntax error at line 1"),
        (b"<r><row>\xff</row></r>", "not well-formed (invalid token)"),
        ('<?xml version="1.0" encoding="klingon"?><r/>', "unknown encoding 'klingon'"),
        (b'<?xml version="1.0" encoding="shift_jis"?><r>\x81</r>', "offset 45 are not shift_jis"),
        ("<rows><Row/><item/></rows>", "without an element 'row' of source.xml.rowTag; it has"),
    ],
)
def test_an_object_that_cannot_be_read_is_refused_with_the_place(
    data: str | bytes, reason: str
) -> None:
    with pytest.raises(Unreadable, match="XML") as refused:
        read(data)

    assert reason in str(refused.value)


def test_a_tag_larger_than_memory_may_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_records, "TOKEN_BYTES", 1000)
    monkeypatch.setattr(xml_encodings, "PIECE", 100)

    with pytest.raises(Unreadable, match="a tag or comment of more than 1,000 bytes"):
        read(f"<r><row a='{'x' * 5000}'/></r>")


def test_no_row_tag_is_refused_with_the_option() -> None:
    with pytest.raises(Unreadable, match=r"source\.xml\.rowTag is not set"):
        read("<r/>", tag="")


def test_an_object_without_records_has_none() -> None:
    assert not read("<rows/>").records()


NAMES = st.sampled_from(["a", "b", "row", "é", "c-d"])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"), max_size=4)


@st.composite
def elements(draw: st.DrawFn, depth: int = 2) -> ET.Element:
    made = ET.Element("row" if depth == 2 else draw(NAMES))
    made.attrib.update(draw(st.dictionaries(NAMES, TEXTS, max_size=2)))
    children = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    made.extend(children)
    if not children:
        made.text = draw(TEXTS)
    return made


def expected(element: ET.Element) -> Any:
    """Return the value of an element by another parser's tree."""
    fields: dict[str, Any] = {f"_{name}": text for name, text in element.attrib.items()}
    for name in dict.fromkeys(child.tag for child in element):
        values = [expected(child) for child in element if child.tag == name]
        fields[name] = values if len(values) > 1 else values[0]
    text = element.text or ""
    if not fields:
        return text or None
    return {**fields, "_VALUE": text} if text.strip() else fields


@given(st.lists(elements(), max_size=4), st.sampled_from(["utf-8", "utf-16", "iso-8859-1"]))
@settings(max_examples=2 * EXAMPLES)
def test_any_elements_are_rows_as_another_parser_sees_them(
    rows: list[ET.Element], encoding: str
) -> None:
    root = ET.Element("rows")
    root.extend(rows)
    found = read(ET.tostring(root, encoding=encoding))

    assert not found.reasons
    for row, element in zip(found.all_rows(), rows, strict=True):
        value = expected(element)
        value = value if isinstance(value, dict) else {"_VALUE": value}

        assert row == {name: each for name, each in value.items() if each is not None}


@given(st.lists(elements(), min_size=1, max_size=4), st.data())
@settings(max_examples=4 * EXAMPLES)
def test_damaged_bytes_are_rows_rejects_or_refused(
    rows: list[ET.Element], data: st.DataObject
) -> None:
    root = ET.Element("rows")
    root.extend(rows)
    encoding = data.draw(st.sampled_from(["utf-8", "utf-16"]))
    whole: bytes = ET.tostring(root, encoding=encoding)
    try:
        found = read(damaged(data, whole))
    except Unreadable:
        return
    assert len(found.records()) <= len(rows) + 1
