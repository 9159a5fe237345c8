"""JSON as text: the form in which objects and arrays are kept in a column of text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dataflow.reading.records import Number

if TYPE_CHECKING:
    from dataflow.reading.records import JsonValue

_QUOTED = json.JSONEncoder(ensure_ascii=False).encode


class NoJson(ValueError):
    """A text that is not JSON."""


def json_text(value: JsonValue) -> str:
    """Return a value as compact JSON; numbers are written as they were uploaded."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return _QUOTED(value)
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_QUOTED(k)}:{json_text(v)}' for k, v in value.items())}}}"
    return {None: "null", True: "true", False: "false"}[value]


def is_text(value: str) -> bool:
    """Return whether a text of JSON is Unicode: JSON can escape lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def text_of_json(value: JsonValue) -> str | None:
    """Return the text of a value in a column of text: a text as it is, others as JSON."""
    if value is None:
        return None
    return str(value) if isinstance(value, str) else json_text(value)


def parsed_json(text: str) -> JsonValue:
    """Return the JSON value of a text; numbers as they are written."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise NoJson("a name is there twice")
        return found

    def refuse(constant: str) -> Any:
        raise NoJson(f"{constant} is not JSON")

    try:
        value: JsonValue = json.loads(
            text,
            parse_float=Number,
            parse_int=Number,
            parse_constant=refuse,
            object_pairs_hook=members,
        )
    except (ValueError, RecursionError) as error:
        raise NoJson(str(error)) from error
    return value
