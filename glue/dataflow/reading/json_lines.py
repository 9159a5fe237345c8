"""JSON lines: one or several values a line; a line that is broken is one reject."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from dataflow.reading.garbage import no_collections
from dataflow.reading.json_documents import VALUE_CHARACTERS, Text, documents
from dataflow.reading.json_values import (
    DEPTH,
    WHITESPACE,
    Broken,
    Decoded,
    Decoder,
    Found,
    depth_fault,
    may_hold_surrogates,
)
from dataflow.reading.records import RAW_CHARACTERS
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONG = 4 * 2**20  # characters, from which on the values of a line are taken out one by one


class Lines:
    """The values of lines."""

    def __init__(self, path: Sequence[str] = ()) -> None:
        self._path = path
        self._decoder = Decoder()

    def found(self, blocks: Iterable[str]) -> Iterator[Found]:
        """Yield the values of successive lines."""
        rest, tried, skip = "", LONG, False
        for block in blocks:
            if skip:
                _, newline, block = block.partition("\n")  # noqa: PLW2901
                skip = not newline
            whole, newline, rest = (rest + block).rpartition("\n")
            if newline:
                yield self._lines(whole)
                tried = LONG
            if len(rest) >= tried and not self._path:
                values, rest = self._successive(rest, more=True)
                yield Found.of(values)
                tried = max(LONG, 2 * len(rest))
            if len(rest) > VALUE_CHARACTERS:
                yield Found.of([_too_large(rest)])
                rest, skip = "", True
        yield self._lines(rest)

    def _lines(self, text: str) -> Found:
        lines = list(filter(None, map(str.strip, text.split("\n"), repeat(WHITESPACE))))
        with no_collections():
            return self._plain(text, lines) or Found.of(
                [each for line in lines for each in self._one(line)]
            )

    def _plain(self, text: str, lines: list[str]) -> Found | None:
        """Return the objects of lines, if each line is one object without any fault."""
        if self._path or may_hold_surrogates(text):
            return None
        self._decoder.fault = None
        try:
            found = list(map(self._decoder.scan, lines, repeat(0)))
        except (ValueError, RecursionError):
            return None
        values = [value for value, _ in found]
        if (
            self._decoder.fault
            or [end for _, end in found] != list(map(len, lines))
            or not set(map(type, values)) <= {dict}
        ):
            return None
        if text.count("{") + text.count("[") > DEPTH + len(lines) and any(
            map(depth_fault, values, lines)
        ):
            return None
        return Found(values, lines)

    def _one(self, line: str) -> list[Decoded]:
        """Return the values of a line."""
        if self._path:
            return self._below_path(line)
        values, rest = self._successive(line)
        return [*values, self._rejected(rest)] if rest else values

    def _below_path(self, line: str) -> list[Decoded]:
        try:
            return list(documents(Text([line]), self._path))
        except Unreadable as fault:
            return [Decoded(None, line, str(fault))]

    def _successive(self, line: str, *, more: bool = False) -> tuple[list[Decoded], str]:
        """Return the values that another value or the end follows, and the rest of the line."""
        values: list[Decoded] = []
        start = 0
        while start < len(line):
            try:
                decoded, end = self._decoder.decode(line, start)
            except Broken:
                break
            while end < len(line) and line[end] in WHITESPACE:
                end += 1
            if more if end == len(line) else line[end] not in "{[":
                break
            values += _elements(decoded)
            start = end
        return values, line[start:]

    def _rejected(self, rest: str) -> Decoded:
        """Return the rest of a line, whose first value is broken or followed by other text."""
        try:
            decoded, _ = self._decoder.decode(rest, 0)
        except Broken as broken:
            problem, position = broken.problem, broken.position
        else:
            problem, position = "there is text after a value", len(decoded.raw)
        return Decoded(None, rest, f"not JSON: {problem} at character {position + 1:,}")


def _elements(decoded: Decoded) -> list[Decoded]:
    """Return the elements of an array with records, or of an empty one; or else the value."""
    if isinstance(decoded.value, list):
        if not decoded.value:
            return []
        if any(isinstance(element, dict) for element in decoded.value):
            return list(documents(Text([decoded.raw]), ()))
    return [decoded]


def _too_large(line: str) -> Decoded:
    reason = f"a record has more than {VALUE_CHARACTERS:,} characters"
    return Decoded(None, line[:RAW_CHARACTERS], reason)
