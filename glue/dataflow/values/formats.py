"""Formats: declared patterns of dates and timestamps, with the letters of Java and Spark.

A text is rewritten to ISO 8601 first. The rules for ISO 8601 then decide whether it is a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from dataflow.values.text_numbers import cleaned

EPOCHS = {"epochSeconds": 1, "epochMillis": 1000}  # units in a second
_TOKEN = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z']")
_NUMBERS = {"M": "month", "d": "day", "H": "hour", "h": "half", "m": "minute", "s": "second"}
_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTHS = {3: [name[:3] for name in _NAMES], 4: [*_NAMES]}
_ZONES = {
    "X": "Z|[+-][0-9]{2}(?::?[0-9]{2})?",
    "x": "[+-][0-9]{2}(?::?[0-9]{2})?",
    "Z": "[+-][0-9]{2}:?[0-9]{2}",
    "z": "UTC|GMT|Z",
}
_LETTERS = "y M d H h m s S a X x Z z"


class BadFormat(ValueError):
    """A declared format that the job does not know."""


@dataclass(frozen=True)
class Format:
    """A declared format."""

    pattern: str  # a regular expression with a group for each field
    fields: dict[str, int]  # field -> number of letters

    def iso(self, text: pa.Array) -> pa.Array:
        """Return texts of this format in ISO 8601; null where a text has another format."""
        found = pc.extract_regex(cleaned(text), f"^{self.pattern}$")
        get = {name: pc.struct_field(found, name) for name in self.fields}
        date = pc.binary_join_element_wise(_year(get["year"]), _month(get), _two(get["day"]), "-")
        if not {"hour", "half"} & {*get}:
            return date
        time = [_hour(get), *[_two(get[name]) for name in ("minute", "second") if name in get]]
        parts = [date, "T", pc.binary_join_element_wise(*time, ":")]
        if "fraction" in get:
            parts += [".", get["fraction"]]
        if "zone" in get:
            parts += [pc.replace_substring_regex(get["zone"], "^(?:UTC|GMT|Z)$", "Z")]
        return pc.binary_join_element_wise(*parts, "")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Format:
    """Return a format, or raise BadFormat with the reason and a fix."""
    fields: dict[str, int] = {}
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        if not match:
            raise BadFormat(f"format {pattern!r}: the quote at {position + 1} has no end; close it")
        parts.append(_part(match, pattern, fields))
        position = match.end()
    _check(pattern, fields)
    return Format("".join(parts), fields)


def _part(match: re.Match[str], pattern: str, fields: dict[str, int]) -> str:
    """Return the expression for a run of equal letters or a literal; note its field."""
    if not match[1]:
        literal = match[0] if match[2] is None else match[2].replace("''", "'") or "'"
        return re.escape(literal)
    letter, count = match[1], len(match[0])
    name, digits = _field(letter, count)
    if not name:
        raise BadFormat(f"format {pattern!r}: {match[0]!r} is unknown; the letters are {_LETTERS}")
    if name in fields:
        raise BadFormat(f"format {pattern!r} has the {name} twice; remove one")
    fields[name] = count
    return f"(?P<{name}>{digits})"


def _field(letter: str, count: int) -> tuple[str, str]:
    """Return the name of a letter's field and the expression for its texts."""
    if letter in ("y", "u") and count in (1, 2, 4):
        return "year", "[0-9]{2}" if count == 2 else "[0-9]{4}"  # noqa: PLR2004
    if letter == "M" and count in _MONTHS:
        return "month", f"(?i:{'|'.join(_MONTHS[count])})"
    if letter in _NUMBERS and count in (1, 2):
        return _NUMBERS[letter], "[0-9]{1,2}" if count == 1 else "[0-9]{2}"
    if letter == "S":
        return "fraction", f"[0-9]{{{count}}}"
    if letter == "a" and count == 1:
        return "noon", "(?i:am|pm)"
    return ("zone", _ZONES[letter]) if letter in _ZONES else ("", "")


def _check(pattern: str, fields: dict[str, int]) -> None:
    needs = {
        "minute": ("hour", "half"),
        "second": ("minute",),
        "fraction": ("second",),
        "half": ("noon",),
        "noon": ("half",),
        "zone": ("hour", "half"),
    }
    for name in ("year", "month", "day"):
        if name not in fields:
            raise BadFormat(f"format {pattern!r} has no {name}; add it")
    for name in fields:
        wanted = needs.get(name, ())
        if wanted and not {*wanted} & {*fields}:
            raise BadFormat(f"format {pattern!r} has a {name} without {wanted[0]}; add it")
    if {"hour", "half"} <= {*fields}:
        raise BadFormat(f"format {pattern!r} has both H and h; remove one")


def _two(text: pa.Array) -> pa.Array:
    return pc.utf8_lpad(text, 2, "0")


def _year(text: pa.Array) -> pa.Array:
    """Return a year of four digits; two digits mean 2000 to 2099, as for Java."""
    return pc.replace_substring_regex(text, "^([0-9]{2})$", r"20\1")


def _month(get: dict[str, pa.Array]) -> pa.Array:
    text = pc.utf8_lower(get["month"])
    for number, names in enumerate(zip(*_MONTHS.values(), strict=True), start=1):
        pattern = f"^(?:{'|'.join(names)})$".lower()
        text = pc.replace_substring_regex(text, pattern, f"{number:02}")
    return _two(text)


def _hour(get: dict[str, pa.Array]) -> pa.Array:
    """Return the hour of the day; an hour of 0 or above 12 before `am` or `pm` is no hour."""
    if "hour" in get:
        return _two(get["hour"])
    half = get["half"].cast(pa.int64())
    is_hour = pc.and_(pc.greater_equal(half, 1), pc.less_equal(half, 12))
    from_noon = pc.if_else(pc.equal(pc.utf8_lower(get["noon"]), "pm"), 12, 0)
    hour = pc.add(pc.if_else(pc.equal(half, 12), 0, half), from_noon)
    return _two(pc.if_else(is_hour, hour, pa.scalar(None, pa.int64())).cast(pa.string()))
