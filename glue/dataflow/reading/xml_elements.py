"""XML elements: expat's handlers that build the JSON value of each row's element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from dataflow.reading.records import JsonValue

DEPTH = 200  # levels of a record
SIZE = 64 * 2**20  # characters of a record
VALUE = "_VALUE"  # the text of an element that has attributes or elements, too
NIL = "http://www.w3.org/2001/XMLSchema-instance nil"
CHILD = "\0"  # where a child was in a text, as XML cannot have it
ELEMENT_SIZE = 100  # characters that an element counts besides its text


@dataclass(slots=True)
class Row:
    """A row's element."""

    value: JsonValue
    start: int  # offsets of its tags
    end: int
    reason: str | None


class Element:
    """An element whose end is not read yet."""

    __slots__ = ("fields", "name", "nil", "origins", "repeated", "texts")

    def __init__(self, name: str, *, nil: bool = False) -> None:
        self.name, self.nil = name, nil  # with its namespace
        self.fields: dict[str, JsonValue] = {}
        self.origins: dict[str, str] = {}  # of fields: their whole names, if these are others
        self.repeated: set[str] | None = None
        self.texts: list[str] = []  # with CHILD between them

    def add(self, name: str, origin: str, value: JsonValue) -> bool:
        """Add a field; return False if another thing has its name."""
        if name not in self.fields:
            self.fields[name] = value
            if origin != name:
                self.origins[name] = origin
            return True
        if self.origins.get(name, name) != origin:
            return False
        if self.repeated and name in self.repeated:
            self.fields[name].append(value)  # type: ignore[union-attr]
        else:
            self.fields[name] = [self.fields[name], value]
            self.repeated = {name, *(self.repeated or ())}
        return True

    def text(self) -> JsonValue:
        """Return the text: one, or a list where elements are between texts."""
        text = "".join(self.texts)
        if not self.fields:
            return None if self.nil or not text else text
        written = [each for each in text.split(CHILD) if each.strip()]
        return written[0] if len(written) == 1 else list(written) or None


class Elements:
    """The elements of rows, as expat reports them."""

    def __init__(self, tag: str) -> None:
        self.rows: list[Row] = []
        self.found = False  # a row's element
        self.others: dict[str, None] = {}  # the first names of elements outside of rows
        self._tag = tag
        self._stack: list[Element] = []  # from the row's element on
        self._below = 0  # levels that are not kept, as the record is a reject
        self._size = 0
        self._reason: str | None = None
        self._start = 0
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse

    def pending(self) -> int:
        """Return the offset from which on bytes belong to a row that is not complete."""
        return self._start if self._stack else self.parser.CurrentByteIndex

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if not self._stack:
            if _local(name) != self._tag:
                if len(self.others) < 6:  # noqa: PLR2004
                    self.others[_local(name)] = None
                return
            self.found = True
            self._start, self._size, self._reason = self.parser.CurrentByteIndex, 0, None
        elif self._reason or len(self._stack) >= DEPTH:
            self._reason = self._reason or f"the element {self._tag!r} has more than {DEPTH} levels"
            self._below += 1
            return
        else:
            self._stack[-1].texts.append(CHILD)
        element = Element(name, nil=bool(attributes) and attributes.pop(NIL, "") in {"true", "1"})
        self._stack.append(element)
        self._grow(ELEMENT_SIZE)
        for key, value in attributes.items():
            self._grow(len(value))
            self._add(element, "_" + _local(key), "@" + key, value)

    def _end(self, name: str) -> None:
        if self._below:
            self._below -= 1
        elif self._stack:
            element = self._stack.pop()
            text = element.text()
            value = text if not element.fields else element.fields
            if element.fields and text is not None:
                self._add(element, VALUE, "", text)
            if self._stack:
                self._add(self._stack[-1], _local(name), name, value)
            else:
                self._finish(value)

    def _finish(self, value: JsonValue) -> None:
        if value is not None and not isinstance(value, dict):
            value = {VALUE: value}
        end = self.parser.CurrentByteIndex
        self.rows.append(Row(None if self._reason else value or {}, self._start, end, self._reason))

    def _text(self, text: str) -> None:
        if self._stack and not self._below:
            self._grow(len(text))
            if not self._reason:
                self._stack[-1].texts.append(text)

    def _add(self, element: Element, name: str, origin: str, value: JsonValue) -> None:
        if not self._reason and not element.add(name, origin, value):
            self._reason = f"the element {_local(element.name)!r} has two different fields {name!r}"

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > SIZE and not self._reason:
            self._reason = f"a record has more than {SIZE:,} characters"
            for element in self._stack:
                element.texts, element.fields = [], {}


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse(*_: object) -> NoReturn:
    raise Unreadable("XML with a DOCTYPE, which can define entities: remove the declaration")
