"""Terminal: prints lines that fit a terminal's width; a pipe gets each line in full."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from dataflowxpress.reporting.text import visible

from .failures import Failure

HANGING = 4  # columns
PIPE = 80  # columns


class Output(StrEnum):
    """The format of a command's output."""

    text = "text"
    json = "json"
    yaml = "yaml"


def document(value: Any, output: Output) -> str:
    """Return *value* as one document in JSON or YAML."""
    if output is Output.json:
        return f"{json.dumps(value, indent=2)}\n"
    import yaml

    value = json.loads(json.dumps(value))  # YAML has no form for a tuple or an enumeration
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=10_000))


def write(parts: Iterable[str]) -> None:
    """Write a document for programs, in parts; a terminal gets only visible characters."""
    is_terminal, encoding = sys.stdout.isatty(), sys.stdout.encoding or "utf-8"
    try:
        for part in parts:
            text = "\n".join(map(visible, part.split("\n"))) if is_terminal else part
            typer.echo(text.encode(encoding, "backslashreplace"), nl=False)
    except BrokenPipeError:  # as by `head`; Python's last flush must not fail, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None


def confirm(console: Console, question: str, *, yes: bool) -> None:
    """Ask the user to go on, unless *yes*; raises Failure without a terminal."""
    if yes:
        return
    if not console.is_terminal:
        raise Failure("there is no terminal to ask for confirmation", "add --yes")
    typer.confirm(question, abort=True)


def show(console: Console, lines: Iterable[Text | str]) -> None:
    """Print *lines*; a terminal gets long ones in several lines, indented after the first."""
    for line in fitted(console, lines):
        console.print(line, soft_wrap=True)


def fitted(console: Console, lines: Iterable[Text | str]) -> Iterator[Text]:
    """Yield *lines* as `show` prints them."""
    for line in lines:
        text = Text(line) if isinstance(line, str) else line
        yield from _folded(console, text) if console.is_terminal else [text]


def columns(console: Console) -> int:
    """Return the width of a terminal; a pipe has that of the widest layout for 80 columns."""
    return console.width if console.is_terminal else PIPE


def _folded(console: Console, text: Text) -> Iterator[Text]:
    for line in text.split("\n", allow_blank=True):
        if line.cell_len <= console.width:
            yield line
            continue
        indent = min(_indent(line.plain) + HANGING, console.width // 2)
        first, *rest = line.wrap(console, console.width - indent, overflow="fold")
        yield first
        yield from (Text(" " * indent).append_text(each) for each in rest)


def _indent(line: str) -> int:
    """Return the number of spaces, and of lines of a tree, before the text."""
    return len(line) - len(line.lstrip(" │├└─"))
