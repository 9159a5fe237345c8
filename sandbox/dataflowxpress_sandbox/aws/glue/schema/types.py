"""Types: infers and merges the types of the catalog."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN = ""  # only empty values were found

_WHOLE = re.compile(r"[+-]?\d{1,4000}")
_DOUBLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INT = 1 << 31
_LONG = 1 << 63
_NUMBERS = ("int", "bigint", "double")


def of_text(text: str) -> str:
    """Return the type of a CSV value; Glue treats dates and times as strings."""
    if not text:
        return UNKNOWN
    if _WHOLE.fullmatch(text):
        # A double cannot represent all digits of a longer number.
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
    """Return the type that fits the values of all types; string if no other type does."""
    return functools.reduce(merge, types, UNKNOWN)


def merge(one: str, other: str) -> str:
    """Return the type that fits the values of both."""
    if one == other or not other:
        return one
    if not one:
        return other
    if one in _NUMBERS and other in _NUMBERS:
        return max(one, other, key=_NUMBERS.index)
    return "string"


def known(type_name: str) -> str:
    """Return a type, or string if it is unknown."""
    return type_name or "string"
