"""Rejects view: whatever text a file has, a terminal gets only characters that it prints."""

from __future__ import annotations

import io
import itertools
import json
import sys
from collections.abc import Iterable

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dataflowxpress.cli import rejects_view as view
from dataflowxpress.cli import terminal
from dataflowxpress.cli.rejects_view import Format
from dataflowxpress.dataplane.rejects import Reject, RejectedObject

ANY = st.text(st.characters(exclude_categories=[]), max_size=40)  # surrogates, too
ROWS = st.builds(
    Reject,
    table=ANY,
    object=ANY,
    record=st.none() | st.integers(1, 10**12),
    column=st.none() | ANY,
    reason=ANY,
    raw=st.none() | ANY,
    run=ANY,
)


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def found(row: Reject) -> RejectedObject:
    return RejectedObject(row.object, row.table, 2, 1, row.reason, "d/", row.run)


def hostile(text: str) -> list[str]:
    return [each for each in text if not each.isprintable() and each != "\n"]


@given(st.lists(ROWS, max_size=3))
def test_people_see_an_escape_for_each_character_that_a_terminal_interprets(
    rows: list[Reject],
) -> None:
    rows.sort(key=lambda row: row.object)
    file = io.StringIO()
    console = Console(file=file, width=60, force_terminal=True, color_system=None)
    terminal.show(console, view.for_people(rows, [*map(found, rows)]))
    assert not hostile(file.getvalue())


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("record 3 has 2 fields", "  column n: record 3 has 2 fields"),
        ("column n: 'x' is no int", "  record 3: column n: 'x' is no int"),
        ("record 31 has 2 fields", "  record 3, column n: record 31 has 2 fields"),
        ("'x' is no int", "  record 3, column n: 'x' is no int"),
    ],
)
def test_what_the_reason_names_is_not_named_twice(reason: str, line: str) -> None:
    row = Reject("t", "a.csv", 3, "n", reason, None, "jr_1")
    assert [each.plain for each in view.for_people([row], [found(row)])][1] == line


@pytest.mark.parametrize("output", ["json", "yaml", "csv"])
@given(rows=st.lists(ROWS, max_size=3))
def test_a_document_has_no_character_that_a_terminal_interprets(
    output: str, rows: list[Reject]
) -> None:
    written = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        screen = Terminal(written, encoding="utf-8", write_through=True)
        patch.setattr(sys, "stdout", screen)
        terminal.write(view.for_programs(rows, Format(output)))
    assert not hostile(written.getvalue().decode())


@given(st.lists(ROWS, max_size=3))
def test_documents_keep_every_character(rows: list[Reject]) -> None:
    expected = [row._asdict() for row in rows]
    assert json.loads("".join(view.for_programs(rows, Format.json))) == expected
    text = "".join(view.for_programs(rows, Format.yaml))
    assert yaml.safe_load(text) == expected


def test_an_export_does_not_hold_all_rows() -> None:
    row = Reject("t", "a.csv", 1, None, "bad", "x", "jr_1")
    endless: Iterable[Reject] = itertools.repeat(row)
    for output in (Format.json, Format.yaml, Format.csv):
        parts = view.for_programs(endless, output)
        assert len([*itertools.islice(parts, 100)]) == 100
