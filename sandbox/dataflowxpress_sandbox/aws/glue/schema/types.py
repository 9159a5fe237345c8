"""Types: infers and merges the types of the catalog."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

UNKNOWN = ""  # only empty values were found

_WHOLE = re.compile(r"[+-]?\d{1,4000}")
_DOUBLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INT = 1 << 31
_LONG = 1 << 63
_NUMBERS = ("int", "bigint", "double")


def of_text(text: str) -> str:
    """Return the type of a CSV value; Glue treats dates and times as strings.

    A user has listed what it detects:
    https://help.datarepublic.com/en/articles/6253828-how-does-data-vault-detect-schema-from-csv-files
    """
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
    return _nested(one, other, merge) or "string"


def extended(one: str, other: str) -> str:
    """Return the first type with the nested fields that only the other one has.

    A crawler that merges new columns does not change the types of existing ones:
    https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html
    """
    return _nested(one, other, extended) or one


def _nested(one: str, other: str, combine: Callable[[str, str], str]) -> str:
    """Combine the elements of two arrays or the fields of two structs; else return nothing."""
    for kind in ("array", "struct"):
        opening = f"{kind}<"
        if one.startswith(opening) and other.startswith(opening):
            left, right = (each.removeprefix(opening).removesuffix(">") for each in (one, other))
            if kind == "array":
                return f"array<{combine(left, right)}>"
            fields = dict(_fields(left))
            for name, field in _fields(right):
                fields[name] = combine(fields.get(name, field), field)
            return f"struct<{','.join(f'{name}:{field}' for name, field in fields.items())}>"
    return ""


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and types of the fields between the brackets of a struct.

    A name can contain colons and commas; its type cannot, outside of brackets.
    """
    depth, begin = 0, 0
    for position, character in enumerate(f"{text},"):
        depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(character, 0)
        field = text[begin:position]
        if character == "," and not depth and ":" in field:
            end = field.partition("<")[0].rindex(":")
            yield field[:end], field[end + 1 :]
            begin = position + 1


def known(type_name: str) -> str:
    """Return a type, or string if it is unknown."""
    return type_name or "string"
