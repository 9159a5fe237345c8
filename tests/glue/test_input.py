"""One run over everything that may be uploaded; each test looks at one object of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

GOOD: dict[str, tuple[str, str, list[tuple[Any, ...]]]] = {
    "plain": ("plain.csv", "n,name\n1,one\n2,two\n", [(1, "one"), (2, "two")]),
    "no newline at the end": ("end.csv", "n,name\n1,one", [(1, "one")]),
    "a byte order mark": ("bom.csv", "\ufeffn,name\n1,one\n", [(1, "one")]),
    "CRLF": ("crlf.csv", "n,name\r\n1,one\r\n2,two\r\n", [(1, "one"), (2, "two")]),
    "CR": ("cr.csv", "n,name\r1,one\r2,two\r", [(1, "one"), (2, "two")]),
    "a quoted newline": ("newline.csv", 'n,name\n1,"one\ntwo"\n', [(1, "one\ntwo")]),
    "quoted quotes and commas": ("quotes.csv", 'n,name\n1,"a ""b"", c"\n', [(1, 'a "b", c')]),
    "one column": ("one.csv", "n\n1\n2\n", [(1, None), (2, None)]),
    "another order": ("order.csv", "name,n\none,1\n", [(1, "one")]),
    "other spelling": ("spelling.csv", " Name ,N\none,1\n", [(1, "one")]),
    "a quoted newline in the header": ("head.csv", '"n","two\nlines"\n1,x\n', [(1, None)]),
    "blank lines": ("blank.csv", "\n\nn,name\n\n1,one\n\n", [(1, "one")]),
    "empty values": ("empties.csv", 'n,name\n,\n1,""\n', [(None, None), (1, "")]),
    "UTF-8": ("utf8.csv", "n,name\n1,größe 🦆\n", [(1, "größe 🦆")]),
    "UTF-16": ("utf16.csv", "\ufeffn,name\n1,größe\n", [(1, "größe")]),
    "a key with spaces": ("a b.csv", "n\n1\n", [(1, None)]),
    "a key with + and %": ("a+b%41%.csv", "n\n1\n", [(1, None)]),
    "a key with =": ("n=7.csv", "n\n1\n", [(1, None)]),
    "a folder with =": ("day=7/a.csv", "n\n1\n", [(1, None)]),
    "a key that is not ASCII": ("größe/🦆.csv", "n\n1\n", [(1, None)]),
    "a key that looks like a pattern": ("[a]{b}*?.csv", "n\n1\n", [(1, None)]),
    "a key with : and quotes": ("a:b'c\"d`.csv", "n\n1\n", [(1, None)]),
    "a folder without a name": ("a//b.csv", "n\n1\n", [(1, None)]),
    "a key of 300 characters": (f"{'x' * 296}.csv", "n\n1\n", [(1, None)]),
    "a key with no suffix": ("none", "n\n1\n", [(1, None)]),
}
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("empty.csv", b"", "empty"),
    "a header alone": ("header.csv", b"n,name\n", "no rows"),
    "a picture": ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
    "Latin-1": ("latin.csv", "n,größe\n1,a\n".encode("latin-1"), "not"),
    "zeros": ("zeros.csv", b"n,na\0me\n1,a\n", "NUL"),
    "a column twice": ("twice.csv", b"n,N\n1,2\n", "duplicate columns"),
    "a lost quote": (
        "quote.csv",
        b'n,name\n1,"' + b"abcdefg\n" * 150_000,
        "record 1: a quote is not closed",
    ),
    "a hidden name": ("_hidden.csv", b"n\n1\n", "ignore"),
}
WAITING: dict[str, tuple[str, bytes, str]] = {
    "a new column": ("new.csv", b"n,name,new\n1,one,x\n", "new"),
}
MIXED = (
    b"n,name\n1,one\ntwo,two\n3\n4,four,4\n5.5,five\n9223372036854775808,six\n7, seven \n8,\xff\n"
)


@pytest.fixture(scope="module")
def everything(make: Callable[..., Pipeline]) -> dict[str, Any]:
    made = make()
    made.table("csv_data", "csv_data/", "n bigint, name string, two\nlines string")
    for cases in (GOOD, REFUSED, WAITING):
        for key, content, _ in cases.values():
            made.put(path(key), encoded(key, content))
    made.put("csv_data/mixed.csv", MIXED)
    made.put("csv_data/folder/", b"")
    entries = made.converts()
    return {"pipeline": made, "entries": entries, "manifest": made.manifests()[-1]}


def encoded(key: str, content: str | bytes) -> str | bytes:
    return content.encode("utf-16-le") if isinstance(content, str) and "utf16" in key else content


def path(key: str) -> str:
    return f"csv_data/{key}"


@pytest.mark.parametrize("case", GOOD)
def test_every_row_is_in_parquet_of(everything: dict[str, Any], case: str) -> None:
    key, _, rows = GOOD[case]
    entry = everything["entries"][path(key)]

    assert (entry["rows"], entry["rejected"], entry["reason"]) == (len(rows), 0, None)
    pipeline: Pipeline = everything["pipeline"]
    found = pipeline.rows_of(path(key), "n, name")
    assert sorted(found, key=str) == sorted(rows, key=str)


@pytest.mark.parametrize("case", REFUSED)
def test_the_manifest_says_why_there_are_no_rows_of(everything: dict[str, Any], case: str) -> None:
    key, _, reason = REFUSED[case]
    entry = everything["entries"][path(key)]

    assert (entry["rows"], entry["batch"]) == (0, None)
    assert reason in entry["reason"]


@pytest.mark.parametrize("case", WAITING)
def test_the_manifest_says_what_is_missing_for(everything: dict[str, Any], case: str) -> None:
    key, _, reason = WAITING[case]
    waiting = {each["key"]: each["reason"] for each in everything["manifest"]["waiting"]}

    assert path(key) not in everything["entries"]
    assert reason in waiting[path(key)]


def test_rows_that_do_not_fit_are_kept_and_counted(everything: dict[str, Any]) -> None:
    entry = everything["entries"]["csv_data/mixed.csv"]
    pipeline: Pipeline = everything["pipeline"]

    assert (entry["read"], entry["rows"], entry["rejected"]) == (8, 2, 6)
    kept = pipeline.rows_of("csv_data/mixed.csv", "n, name")
    assert sorted(kept) == [(1, "one"), (7, " seven ")]
    rejected = {
        (line["record"], line["raw"]): line["reason"]
        for line in pipeline.rejects("csv_data/mixed.csv")
    }
    assert rejected == {
        (2, "two,two"): "column n: 'two' is not a valid bigint",
        (3, "3"): "record 3 has 1 field, the header has 2",
        (4, "4,four,4"): "record 4 has 3 fields, the header has 2",
        (5, "5.5,five"): "column n: '5.5' is not a valid bigint",
        (6, "9223372036854775808,six"): "column n: '9223372036854775808' is not a valid bigint",
        (
            8,
            r"8,\xff",
        ): (
            "column name: 0xff at character 1 cannot be decoded: correct the file,"
            " or set source.encoding, for example to windows-1252"
        ),
    }


def test_the_totals_are_those_of_the_objects(everything: dict[str, Any]) -> None:
    entries, totals = everything["entries"].values(), everything["manifest"]["totals"]

    assert len(entries) == totals["objects"] == len(GOOD) + len(REFUSED) + 1
    assert totals["rows"] == sum(entry["rows"] for entry in entries)
    assert totals["rows"] == sum(len(rows) for *_, rows in GOOD.values()) + 2
    assert totals["rejected"] == sum(entry["rejected"] for entry in entries)
    assert totals["waiting"] == len(WAITING)


def test_the_catalog_shows_exactly_what_was_committed(everything: dict[str, Any]) -> None:
    pipeline: Pipeline = everything["pipeline"]
    committed = [batch["directory"] for batch in pipeline.batches().values()]

    places = pipeline.shown("csv_data_parquet").values()
    assert sorted(places) == sorted(f"s3://{pipeline.name}/{each}" for each in committed)
    assert len(pipeline.rows("csv_data_parquet", "n")) == everything["manifest"]["totals"]["rows"]


def test_nothing_else_lies_in_the_target(everything: dict[str, Any]) -> None:
    pipeline: Pipeline = everything["pipeline"]
    assert pipeline.orphans() == []
