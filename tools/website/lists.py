"""Lists: CommonMark's lists in the form that Python-Markdown, on which MkDocs builds, reads.

CommonMark indents the content of an item by the width of its marker, and lets a list follow a
paragraph directly. Python-Markdown wants four columns, and an empty line.
"""

from __future__ import annotations

import re

_ITEM = re.compile(r"(?:[-*]|\d+\.) +")
_FIRST = re.compile(r"(?:[-*]|1\.) +")
_FENCE = re.compile(r"```+")
_INDENT = "    "


def for_mkdocs(markdown: str) -> str:
    """Return *markdown* with the content of list items at four columns."""
    return "\n".join(_lines(markdown.split("\n")))


def _lines(lines: list[str]) -> list[str]:
    found: list[str] = []
    after_text = False
    while lines:
        if fence := _FENCE.match(lines[0]):
            block, lines = _fenced(lines, fence.group())
            found += block
            after_text = False
        elif item := _ITEM.match(lines[0]):
            if after_text and _FIRST.match(lines[0]):
                found.append("")
            body, rest = _body(lines[1:], item.end())
            found += [lines[0], *(f"{_INDENT}{line}" if line else "" for line in _lines(body))]
            lines, after_text = rest, False
        else:
            after_text = bool(lines[0].strip()) and lines[0][0] != " "
            found.append(lines[0])
            lines = lines[1:]
    return found


def _fenced(lines: list[str], fence: str) -> tuple[list[str], list[str]]:
    """Return a block of code with its fences, and the lines after it."""
    ends = (number for number, line in enumerate(lines) if number and line.startswith(fence))
    end = next(ends, len(lines) - 1) + 1
    return lines[:end], lines[end:]


def _body(lines: list[str], width: int) -> tuple[list[str], list[str]]:
    """Return the lines of an item without their indent, and the lines after the item."""
    end = 0
    for number, line in enumerate(lines, 1):
        if line.startswith(" " * width):
            end = number
        elif line:
            break
    return [line[width:] for line in lines[:end]], lines[end:]
