"""CSV properties: what holds for every table, every damage and every cut of a text."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from hypothesis import event, given
from hypothesis import strategies as st

from tests.dataflow.csv_outcomes import (
    Row,
    careful_outcome,
    examples,
    outcome,
    outcome_in_small_blocks,
)

QUOTING = [csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]
DELIMITERS = [",", ";", "\t", "|", " ", "\x01", "¶", "x"]
VALUES = st.text("ab1 ,;|\t\"'\\\n\r¶x#", max_size=6)
# Any text, with what has a meaning in CSV more often than else.
TEXT = st.lists(
    st.sampled_from(
        [
            ",",
            ",",
            '"',
            '"',
            "\n",
            "\n",
            "\r",
            "\r\n",
            "a",
            "1",
            " ",
            "\\",
            "#",
            "||",
            '""',
            ',"',
            '",',
        ]
    )
    | st.sampled_from(["id,b\n", "é", "\udcff", "\x1f", "\ufeff", "NA", "x y"]),
    max_size=30,
).map("".join)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "delimiter": st.sampled_from([",", "||", " ", "a"]),
        "quote": st.sampled_from(['"', "'"]),
        "escape": st.sampled_from(["\\", '"']),
        "comment": st.sampled_from(["#", "1"]),
        "null_values": st.sampled_from([("NA",), ("NA", "1")]),
        "ignore_empty_lines": st.booleans(),
        "trim_values": st.booleans(),
        "header": st.booleans(),
        "skip_lines": st.integers(0, 2),
        "footer_lines": st.integers(0, 2),
    },
)


def written(rows: list[list[str]], **dialect: Any) -> str:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue()


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Return rows whose first value is like `<1>`, which no line of another value begins with."""
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=6))
    return [[f"<{at}>", *row] for at, row in enumerate(rows)]


@given(
    tables(),
    st.tuples(st.sampled_from(DELIMITERS), st.sampled_from("\"'")),
    st.sampled_from(QUOTING),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\\"]),
)
@examples(40)
def test_what_python_writes_is_read(
    rows: list[list[str]], marks: tuple[str, str], quoting: int, end: str, escape: str
) -> None:
    delimiter, quote = marks
    options: dict[str, Any] = {"delimiter": delimiter, "quotechar": quote, "lineterminator": end}
    if escape:  # other quoting leaves values with quotes unquoted
        quoting, options = csv.QUOTE_ALL, {**options, "escapechar": escape, "doublequote": False}
    if quoting == csv.QUOTE_MINIMAL:  # Python quotes only the characters of its own line end
        rows = [["".join(c for c in v if c in end or c not in "\r\n") for v in row] for row in rows]
    header = [f"{'N' * (at + 1)}" for at in range(len(rows[0]) if rows else 2)]
    text = written([header, *rows], quoting=quoting, **options)
    found = outcome([text], delimiter=delimiter, quote=quote, escape=escape)

    assert (found.refused, found.rejects) == ("", {})
    empty = None if quoting == csv.QUOTE_MINIMAL else ""
    assert list(found.rows.values()) == [tuple(v or empty for v in row) for row in rows]


@given(tables(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(QUOTING))
@examples(20)
def test_duckdb_reads_the_same(rows: list[list[str]], delimiter: str, quoting: int) -> None:
    rows = [[value.replace("\r", "") for value in row] for row in rows]
    header = [f"n{at}" for at in range(len(rows[0]) if rows else 2)]
    text = written([header, *rows], delimiter=delimiter, quoting=quoting, lineterminator="\n")
    found = outcome([text], delimiter=delimiter)

    assert list(found.rows.values()) == by_duckdb(text, header, delimiter)


def by_duckdb(text: str, header: list[str], delimiter: str) -> list[Row]:
    with TemporaryDirectory() as directory:
        path = Path(directory, "a.csv")
        path.write_text(text, newline="")
        return duckdb.read_csv(
            str(path),
            auto_detect=False,
            header=True,
            delimiter=delimiter,
            quotechar='"',
            escapechar='"',
            allow_quoted_nulls=False,
            parallel=False,
            columns=dict.fromkeys(header, "VARCHAR"),
        ).fetchall()


@given(TEXT, OPTIONS)
@examples(80)
def test_the_fast_path_reads_what_the_careful_one_reads(text: str, options: dict[str, Any]) -> None:
    text = f"id,b\n{text}"
    fast = outcome([text], **options)

    event("refused" if fast.refused else "read")
    assert fast == careful_outcome([text], **options)


@given(TEXT, OPTIONS, st.lists(st.integers(0, 60), max_size=8))
@examples(80)
def test_where_blocks_are_cut_does_not_matter(
    text: str, options: dict[str, Any], cuts: list[int]
) -> None:
    text = f"id,b\n{text * 3}"
    limits = [0, *sorted(cuts), len(text)]
    blocks = [text[start:end] for start, end in pairwise(limits)]

    assert outcome_in_small_blocks(blocks, **options) == outcome_in_small_blocks([text], **options)


@given(
    st.lists(
        st.lists(st.text('abc ,"', max_size=5), min_size=2, max_size=2), min_size=2, max_size=8
    ),
    st.sampled_from(QUOTING),
    st.data(),
)
@examples(60)
def test_a_lost_or_added_quote_loses_no_row_silently(
    values: list[list[str]], quoting: int, data: st.DataObject
) -> None:
    rows = [[str(at + 100), *row] for at, row in enumerate(values)]
    text = written([["id", "b", "c"], *rows], quoting=quoting, lineterminator="\n")
    start = text.index("\n") + 1
    at = data.draw(st.integers(start, len(text)))
    damaged = (
        text[:at] + text[at + 1 :] if text[at : at + 1] == '"' else text[:at] + '"' + text[at:]
    )
    found = outcome([damaged])

    event("refused" if found.refused else "read")
    if found.refused:
        return
    assert damaged.splitlines()[1:] == [
        raw
        for _, raw in sorted(
            [*found.raw.items(), *((at, raw) for at, (_, raw) in found.rejects.items())]
        )
    ]
    expected = {tuple(value or None for value in row) for row in rows}
    others = {tuple(value or None for value in row) for row in found.rows.values()} - expected
    assert len(others) <= 1  # a quote in the middle of an unquoted value is part of it


@given(
    st.lists(st.lists(st.text('ab,"\\ ', max_size=5), min_size=2, max_size=2), max_size=4),
    st.sampled_from(["a", '"']),
)
@examples(60)
def test_escapes_without_the_option_change_no_value(values: list[list[str]], first: str) -> None:
    rows = [[f"{at}{first}", *row] for at, row in enumerate(values)]
    escapes: dict[str, Any] = {"escapechar": "\\", "doublequote": False}
    text = written([["id", "b", "c"], *rows], quoting=csv.QUOTE_ALL, lineterminator="\n", **escapes)
    found = outcome([text])

    # A backslash is an ordinary character here, so that escaped ones stay two.
    for number, row in found.rows.items():
        assert [(value or "").replace("\\\\", "\\") for value in row] == rows[number - 1]


TEXTS = [
    "",
    "a",
    "x, y",
    'say "hi"',
    "two\nlines",
    '5" pipe',
    "1,2",
    "Dear Ann,\n\nsee you, Bob",
    '"q"',
]


@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from(TEXTS), min_size=width, max_size=width), min_size=2, max_size=7
        )
    ),
    st.sampled_from(QUOTING),
    st.data(),
)
@examples(60)
def test_a_lost_or_added_quote_beside_texts_of_several_lines_loses_no_row(
    values: list[list[str]], quoting: int, data: st.DataObject
) -> None:
    rows = [[str(at + 100), *row] for at, row in enumerate(values)]
    text = written([["id", *"bcd"[: len(values[0])]], *rows], quoting=quoting, lineterminator="\n")
    places = range(text.index("\n") + 1, len(text))
    lost = data.draw(st.sampled_from([at for at in places if text[at] == '"'] or [len(text)]))
    added = data.draw(st.sampled_from(places))
    damaged = data.draw(
        st.sampled_from([text[:lost] + text[lost + 1 :], text[:added] + '"' + text[added:]])
    )
    found = outcome([damaged])
    if found.refused:
        return

    shown = [raw for _, raw in found.rejects.values()] + [
        row[0] or "" for row in found.rows.values()
    ]
    assert [row[0] for row in rows if row[0] not in "\n".join(shown).replace('"', "")] == []
    expected = {tuple(value or None for value in row) for row in rows}
    assert (
        len({tuple(value or None for value in row) for row in found.rows.values()} - expected) <= 1
    )
