"""JSON values: the exact decoder of one value in a text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataflow.reading.records import JsonValue, Number

if TYPE_CHECKING:
    from collections.abc import Callable

WHITESPACE = " \t\r\n"  # as JSON defines it
DEPTH = 200  # levels of a value; the job's other parts walk values recursively
KINDS = {bool: "a boolean", str: "a string", Number: "a number", list: "an array"}


class Broken(Exception):
    """The text at a position is not a JSON value."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(problem)
        self.problem, self.position = problem, position


@dataclass(slots=True)
class Decoded:
    """A value with its text."""

    value: JsonValue
    raw: str
    fault: str | None = None  # why the value is no record, though the text around it is JSON

    def reason(self) -> str | None:
        """Return why the value is no row."""
        if self.fault:
            return self.fault
        if not isinstance(self.value, dict):
            return f"not a JSON object: {KINDS.get(type(self.value), 'null')}"
        return depth_fault(self.value, self.raw) or surrogate_fault(self.value, self.raw)


@dataclass(slots=True)
class Found:
    """Successive values of a text, with the text of each."""

    values: list[JsonValue]
    raws: list[str]
    reasons: list[str | None] | None = None  # why a value is no row; None: all are rows

    @classmethod
    def of(cls, decoded: list[Decoded]) -> Found:
        """Return the values with the reasons why some are no rows."""
        reasons = [each.reason() for each in decoded]
        return cls(
            [each.value for each in decoded],
            [each.raw for each in decoded],
            reasons if any(reasons) else None,
        )


class Decoder:
    """Decodes values; numbers stay as written, and no name of an object is lost."""

    def __init__(self) -> None:
        self.fault: str | None = None  # of the values since it was last set to None
        self.scan: Callable[[str, int], tuple[JsonValue, int]] = json.JSONDecoder(  # type: ignore[attr-defined]
            object_pairs_hook=self._object,
            parse_float=Number,
            parse_int=Number,
            parse_constant=self._constant,
        ).scan_once

    def decode(self, text: str, start: int) -> tuple[Decoded, int]:
        """Return the value at a position, and the position after it; or raise Broken."""
        self.fault = None
        try:
            value, end = self.scan(text, start)
        except StopIteration as stop:
            raise Broken("a value is missing", int(stop.value)) from None
        except json.JSONDecodeError as error:
            raise Broken(error.msg, error.pos) from None
        except RecursionError:
            raise Broken(f"a value has more than {DEPTH} levels", start) from None
        return Decoded(value, text[start:end], self.fault), end

    def _object(self, pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        made = dict(pairs)
        if len(made) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self.fault = f"an object has the name {twice!r} more than once"
        return made

    def _constant(self, name: str) -> None:
        self.fault = f"{name} is not a JSON value"


def depth_fault(value: JsonValue, raw: str) -> str | None:
    """Return a reason if the value has more levels than DEPTH."""
    if raw.count("{") + raw.count("[") <= DEPTH:
        return None
    level: list[JsonValue] = [value]
    for _ in range(DEPTH):
        level = [inner for each in level for inner in _inside(each)]
    return f"a value has more than {DEPTH} levels" if any(_is_nested(e) for e in level) else None


def surrogate_fault(value: JsonValue, raw: str) -> str | None:
    """Return a reason if the value holds half a character, or a byte that was not decoded."""
    if not may_hold_surrogates(raw):
        return None
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        if chr(code) in raw:
            return (
                f"the byte 0x{code & 0xFF:02x} cannot be decoded: correct the file, or set"
                " source.encoding, for example to windows-1252"
            )
        return f"the escape \\u{code:04x} is half a character"
    return None


def may_hold_surrogates(text: str) -> bool:
    """Return whether a text can hold half characters; quick, and True for each text that does."""
    if "\\ud" in text or "\\uD" in text:
        return True
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _is_nested(value: JsonValue) -> bool:
    return isinstance(value, dict | list)
