"""JSON documents: values that can span lines, and arrays of records, from a stream of text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dataflow.reading.json_values import Broken, Decoded, Decoder
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

VALUE_CHARACTERS = 64 * 2**20  # of one value at most

_SPACE = re.compile(r"[ \t\r\n]*")


class Text:
    """A stream of text with a position."""

    def __init__(self, blocks: Iterable[str]) -> None:
        self._blocks = iter(blocks)
        self._text = ""
        self._position = 0  # in _text
        self._before = 0  # characters before _text
        self._decoder = Decoder()

    def peek(self) -> str:
        """Return the next character that is no whitespace; empty at the end."""
        while True:
            self._position = _SPACE.match(self._text, self._position).end()  # type: ignore[union-attr]
            if self._position < len(self._text):
                return self._text[self._position]
            if not self._read():
                return ""

    def take(self, expected: str) -> str:
        """Consume the next character, which must be one of those expected."""
        found = self.peek()
        if not found or found not in expected:
            wanted = " or ".join(f"`{each}`" for each in expected)
            raise self.unreadable(f"{wanted} is missing")
        self._position += 1
        return found

    def value(self) -> Decoded:
        """Consume a value."""
        self.peek()
        while True:
            try:
                decoded, end = self._decoder.decode(self._text, self._position)
            except Broken as broken:
                self._extend(broken)
                continue
            if end == len(self._text) and decoded.raw[-1] not in '}]"' and self._read():
                continue  # a number can go on in the next block
            self._position = end
            return decoded

    def unreadable(self, problem: str, position: int | None = None) -> Unreadable:
        """Return the error of a fault at a position of the text, or at the present one."""
        offset = self._before + (self._position if position is None else position)
        return Unreadable(f"not JSON: {problem} at character {offset + 1:,}")

    def _extend(self, broken: Broken) -> None:
        """Read on, as the value may be complete then."""
        if len(self._text) - self._position > VALUE_CHARACTERS:
            size = VALUE_CHARACTERS // 2**20
            raise self.unreadable(f"{broken.problem}, or a value is larger than {size} MB,")
        behind = self._position
        if not self._read():
            raise self.unreadable(broken.problem, broken.position - (behind - self._position))

    def _read(self) -> bool:
        """Read as much as is left, so that trying a large value again costs twice its size."""
        rest = self._text[self._position :]
        pieces, size = [rest], 0
        for block in self._blocks:
            pieces.append(block)
            size += len(block)
            if size > len(rest):
                break
        self._before += self._position
        self._text, self._position = "".join(pieces), 0
        return size > 0


def documents(text: Text, path: Sequence[str]) -> Iterator[Decoded]:
    """Yield the records of all documents: the elements of arrays, and single values."""
    while text.peek():
        if text.peek() != "[":
            yield from _at(text, path)
            continue
        for _ in _elements(text):
            yield from _at(text, path) if path else [text.value()]


def _at(text: Text, path: Sequence[str]) -> Iterator[Decoded]:
    """Yield the records at a path below the next value."""
    if not path and text.peek() == "[":
        for _ in _elements(text):
            yield text.value()
    elif not path or text.peek() != "{":
        decoded = text.value()
        yield Decoded(decoded.value, decoded.raw, _missing(path) if path else decoded.fault)
    else:
        found = False
        for name in _names(text):
            if name == path[0]:
                found = True
                yield from _at(text, path[1:])
            else:
                text.value()
        if not found:
            yield Decoded(None, "", _missing(path))


def _missing(path: Sequence[str]) -> str:
    return f"a document has no {path[0]!r} of source.json.recordPath"


def _elements(text: Text) -> Iterator[None]:
    """Yield before each element of an array, which the caller consumes."""
    return _items(text, "[", "]")


def _names(text: Text) -> Iterator[str]:
    """Yield each name of an object; the caller consumes its value."""
    for _ in _items(text, "{", "}"):
        if text.peek() != '"':
            raise text.unreadable("a name is missing")
        name = str(text.value().value)
        text.take(":")
        yield name


def _items(text: Text, first: str, last: str) -> Iterator[None]:
    """Yield before each item between two brackets, which the caller consumes."""
    text.take(first)
    if text.peek() == last:
        text.take(last)
        return
    separator = ","
    while separator == ",":
        yield
        separator = text.take(f",{last}")
