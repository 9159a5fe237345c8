"""CSV hints: what is no CSV, or needs an option, is said with the fix and teaches no column."""

from __future__ import annotations

import pytest

from tests.dataflow.csv_outcomes import outcome

UNREADABLE = {
    "an HTML page": ("<!DOCTYPE html>\n<html><body>Access, denied</body>\n", "an HTML page"),
    "an HTML page after blank lines": ("\n\n<HTML lang=en>\n", "an HTML page"),
    "XML": ('<?xml version="1.0"?>\n<Error><Code>403</Code></Error>', "set source.format: xml"),
    "XML without a declaration": ("<rows>\n<row/>\n</rows>\n", "XML or HTML"),
    "JSON lines": ('{"id": 1, "name": "x"}\n{"id": 2, "name": "y"}\n', "set source.format: json"),
    "a JSON document": ('[\n  {"id": 1}\n]\n', "set source.format: json"),
    "a PDF document": ("%PDF-1.7\n%âãÏÓ\n", "a PDF document"),
    "binary data": ("PK\x03\x04\x00\x00,x\n", "not CSV: binary data"),
    "a README": ("# Exports\n\nEach day, a file.\nAsk Bob.\n", "the first line is a text"),
    "a sentence": ("This folder holds exports.\nAsk Bob.\n", "the first line is a text"),
    "bytes in the header": ("n,gr\udcf6\udcdfe\n1,a\n", "the header: 0xf6 0xdf at character 6"),
    "a column twice": ("a,b,a\n1,2,3\n", "duplicate columns: a"),
    "no line": ("\n \n\n", "it has no header"),
    "a header of 1 MB": ("x" * 1_100_000, "the header is longer"),
    "an open quote in the header": ('a,"b\n1,2\n', "the header: a quote is not closed"),
    "a wrong quote in the header": ('a,"b"c\n1,2\n', "the header: text after a closing quote"),
}
DEFERRED = {
    "semicolons": ("id;name;price\n1;Ann;3,5\n2;Bob;4,5\n", "delimiter: ';'"),
    "tabs": ("id\tname\n2\tBob\n", 'delimiter: "\\t"'),
    "vertical bars": ("id|name\n2|Bob\n", "delimiter: '|'"),
    "two bars": ("id||name\n2||Bob\n", "delimiter: '||'"),
    "the delimiter of Hive": ("id\x01name\n2\x01Bob\n", 'delimiter: "\\x01"'),
    "commas": ("id,name\n2,Bob\n", "delimiter: ','"),
    "semicolons and quotes": ('"id";"name"\n"1";"Ann"\n', "delimiter: ';'"),
    "a header with semicolons alone": ("id;name\n", "delimiter: ';'"),
    "a title": ("Report of 2026-01-01\nid,name\n1,Ann\n2,Bob\n", "skipLines: 1"),
    "a title of several lines": ("Report\nof Bob\n\nid,name\n1,Ann\n2,Bob\n", "skipLines: 3"),
    "a title of two fields": ("Report,2026\nid,a,b,c\n1,2,3,4\n5,6,7,8\n", "skipLines: 1"),
    "a title as spreadsheets write it": ("Report,,\n,,\nid,name,qty\n1,Ann,5\n", "skipLines: 2"),
    "comments": (
        "# by tool\nid,name\n1,Ann\n# end\n",
        "comment: '#', or set source.csv.skipLines: 1",
    ),
}
CSV = {
    "names in angle brackets": "<TICKER>,<PER>\nABC,D\n",
    "names in square brackets": "[id],[name]\n1,Ann\n",
    "a header that begins with #": "#id,name\n1,Ann\n",
    "one column of prices": "price\n3;\n",
    "one column of sentences": "note\nHello, Bob.\nThis is one.\nAnd this.\n",
    "records with more fields": "a,b\n1,2,3\n4,5\n",
    "a name for the first column alone": "id,,\n1,2,3\n",
    "a delimiter at the end of each record": "a,b\n1,2,\n3,4,\n",
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_object_is_refused_with_its_kind(case: str) -> None:
    text, reason = UNREADABLE[case]
    refused = outcome([text]).refused

    assert refused.startswith("Unreadable")
    assert reason in refused


@pytest.mark.parametrize("case", DEFERRED)
def test_an_object_waits_for_an_option(case: str) -> None:
    text, reason = DEFERRED[case]
    refused = outcome([text], delimiter=";" if case == "commas" else ",").refused

    assert refused.startswith("Deferred")
    assert f"source.csv.{reason}" in refused


@pytest.mark.parametrize("case", CSV)
def test_an_object_is_read(case: str) -> None:
    assert outcome([CSV[case]]).refused == ""


def test_the_number_of_lines_in_a_hint_reads_the_object() -> None:
    text = "made by Bob\nReport of\nJanuary\n\nid,name\n1,Ann\n2,Bob\n"

    assert "source.csv.skipLines: 4" in outcome([text], skip_lines=1).refused
    assert outcome([text], skip_lines=4).rows == {1: ("1", "Ann"), 2: ("2", "Bob")}


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_first_line_of_excel_sets_the_delimiter(line: str) -> None:
    assert outcome([f"\ufeff{line}\r\nid;name\r\n1;Ann\r\n"]).rows == {1: ("1", "Ann")}


def test_without_a_header_another_delimiter_is_found_too() -> None:
    assert "source.csv.delimiter: ';'" in outcome(["1;a\n2;b\n"], header=False).refused
