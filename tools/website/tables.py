"""Tables: rows as a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table; a pipe or a line break in a cell does not end it."""
    columns = [*head]
    lines: list[Iterable[object]] = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def code(text: object) -> str:
    """Return a code span, or nothing for nothing."""
    return f"`{text}`" if text not in (None, "") else ""


def _cell(content: object) -> str:
    return str(content).replace("|", "\\|").replace("\n", " ")
