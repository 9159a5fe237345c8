"""Terminal: prints lines that fit a terminal's width; a pipe gets each line in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from rich.console import Console
from rich.text import Text

HANGING = 4  # columns


class Output(StrEnum):
    """The format of a command's output."""

    text = "text"
    json = "json"


def show(console: Console, lines: Iterable[Text | str]) -> None:
    """Print *lines*; a terminal gets long ones in several lines, indented after the first."""
    for line in lines:
        text = Text(line) if isinstance(line, str) else line
        for part in _fitted(console, text) if console.is_terminal else [text]:
            console.print(part, soft_wrap=True)


def _fitted(console: Console, text: Text) -> Iterator[Text]:
    for line in text.split("\n", allow_blank=True):
        if line.cell_len <= console.width:
            yield line
            continue
        indent = len(line.plain) - len(line.plain.lstrip()) + HANGING
        first, *rest = line.wrap(console, console.width - indent, overflow="fold")
        yield first
        yield from (Text(" " * indent).append_text(each) for each in rest)
