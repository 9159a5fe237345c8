"""Types: the catalog's names of types, and the one that holds the values of two."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN = ""  # only empty values so far

_WHOLE = re.compile(r"[+-]?\d{1,4000}")
_DOUBLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INT = 1 << 31
_LONG = 1 << 63
_NUMBERS = ("int", "bigint", "double")


def of_text(text: str) -> str:
    """Return the type of a CSV value: dates and times are strings to Glue."""
    if not text:
        return UNKNOWN
    if _WHOLE.fullmatch(text):
        # A double would hold a longer one too, but not all of its digits.
        return "bigint" if -_LONG <= int(text) < _LONG else "string"
    if _DOUBLE.fullmatch(text):
        return "double"
    return "boolean" if text.lower() in {"true", "false"} else "string"


def of_json(value: object) -> str:
    """Return the type of a JSON value."""
    match value:
        case None:
            name = UNKNOWN
        case bool():
            name = "boolean"
        case int():
            name = "int" if abs(value) < _INT else "bigint"
        case float():
            name = "double"
        case list():
            name = f"array<{known(merged(map(of_json, value)))}>"
        case dict():
            fields = (f"{key.lower()}:{known(of_json(each))}" for key, each in value.items())
            name = f"struct<{','.join(fields)}>"
        case _:
            name = "string"
    return name


def merged(types: Iterable[str]) -> str:
    """Return the type that holds all values of several types: a string when nothing else does."""
    return functools.reduce(merge, types, UNKNOWN)


def merge(one: str, other: str) -> str:
    """Return the type that holds the values of both."""
    if one == other or not other:
        return one
    if not one:
        return other
    if one in _NUMBERS and other in _NUMBERS:
        return max(one, other, key=_NUMBERS.index)
    return "string"


def known(type_name: str) -> str:
    """Return a type, string where nothing is known."""
    return type_name or "string"
