"""Drawing: the recorded commands as an SVG that is the same for each recording. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from rich._export_format import CONSOLE_SVG_FORMAT  # rich has no public name for it
from rich.console import Console
from rich.text import Text

TITLE = "DataFlowXpress"
# What differs between two recordings: times, durations and IDs.
VOLATILE = (
    (r"jr_[0-9a-f]{64}", "jr_" + 16 * "1f2e"),
    (r"\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d", r"2026-01-01\g<1>12:00:00"),
    (r"(?<=[ (])\d\d:\d\d:\d\d", "12:00:00"),
    (r"\d+ (second|minute)s? ago", "9 seconds ago"),
    (r"(12:00:00, )\d+ s", r"\g<1>9 s"),
    (r"(2026-01-01 12:00:00) {2} *\d+  ", r"\1        9  "),
)
FONT = re.compile(r"@font-face \{\{.*?\}\}\n", re.DOTALL)  # would be fetched from another host


def settled(text: str) -> str:
    """Return an output without what differs between two recordings."""
    for pattern, replacement in VOLATILE:
        text = re.sub(pattern, replacement, text)
    return text


def svg(session: Iterable[tuple[str, str]], width: int) -> str:
    """Return the commands and their colored outputs as one picture."""
    console = Console(record=True, file=io.StringIO(), width=width, force_terminal=True)
    for number, (line, output) in enumerate(session):
        if number:
            console.print()
        console.print(Text.assemble(("$ ", "bold green"), (line, "bold")))
        console.print(Text.from_ansi(settled(output)))
    code_format = FONT.sub("", CONSOLE_SVG_FORMAT)
    return console.export_svg(title=TITLE, unique_id="recording", code_format=code_format)
