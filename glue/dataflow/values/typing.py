"""Typing: convert what was uploaded to the types of the catalog, and find what does not fit.

A value fits a type if it can be converted to the type and back without a difference. What a
difference is depends on the type: `docs/formats.md` defines it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from dataflow.values.arrow_casts import plain
from dataflow.values.conversion import converted
from dataflow.values.json_text import NoJson, parsed_json, text_of_json
from dataflow.values.kinds import Kind, parsed
from dataflow.values.nested import inside
from dataflow.values.result import AS_WRITTEN, TextRule, Typed

if TYPE_CHECKING:
    from dataflow.reading.records import JsonValue
    from dataflow.values.result import Column

__all__ = ["TextRule", "Typed", "reason", "text_of", "typed"]

_TRUE = pa.scalar(value=True)
_SHOWN = 100  # characters of a value in a message
_TYPE_SHOWN = 200  # ... and of a type


def typed(column: Column, kind: str, rule: TextRule = AS_WRITTEN) -> Typed:
    """Return the values of a column in a type of the catalog."""
    return converted(column, parsed(kind), rule)


def reason(value: JsonValue | pa.Scalar, kind: str, rule: TextRule = AS_WRITTEN) -> str:
    """Return why a value does not fit a type: `'7.9' is not a valid int`."""
    column = pa.repeat(value, 1) if isinstance(value, pa.Scalar) else [value]
    known = parsed(kind)
    inner = _problem(column, known, rule, "") if known.is_nested else None
    text = inner or _no_value(column, 0, known, "")
    return text.encode(errors="backslashreplace").decode()  # JSON can have lone surrogates


def text_of(column: Column, position: int) -> str | None:
    """Return a value as text, for messages and partitions; None for a missing value."""
    if isinstance(column, list):
        return text_of_json(column[position])
    one = column.slice(position, 1)
    found: str | None = typed(one, "string").values[0].as_py()
    if found is None and one[0].is_valid:
        value = plain(one)[0].as_py()
        return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
    return found


def _problem(column: Column, kind: Kind, rule: TextRule, path: str) -> str | None:
    """Return why the first misfit of a column is one; None if all values fit."""
    if not kind.is_nested:
        misfits = converted(column, kind, rule).misfits
        return None if misfits is None else _no_value(column, pc.index(misfits, _TRUE), kind, path)
    if not isinstance(column, list):
        column = plain(column.drop_null())
    if not len(column):
        return None
    if not isinstance(column, list) and pt.is_string(column.type):
        return _problem_of_json(column, kind, rule, path)
    return _problem_inside(column, kind, rule, path)


def _problem_inside(column: Column, kind: Kind, rule: TextRule, path: str) -> str | None:
    inner = inside(column, kind)
    if inner is None:
        return _no_value(column, 0, kind, path)
    if inner.unknown:
        fields = ", ".join(sorted(f"{path}.{name}".lstrip(".") for name in inner.unknown))
        return f"the catalog's type lacks the field {fields}"
    if inner.wrong.any():
        return _no_value(column, int(inner.wrong.argmax()), kind, path)
    names = [f".{name}" for name in kind.fields] or ["[]"] * len(kind.parts)
    parts = zip(inner.parts, kind.parts, names, strict=True)
    problems = (_problem(each, part, rule.inner, path + name) for each, part, name in parts)
    return next((problem for problem in problems if problem), None)


def _problem_of_json(text: pa.Array, kind: Kind, rule: TextRule, path: str) -> str | None:
    for position, each in enumerate(text.to_pylist()):
        try:
            found = _problem([parsed_json(each)], kind, rule, path)
        except NoJson as error:
            found = f"{_no_value(text, position, kind, path)}: {error}"
        if found:
            return found
    return None


def _no_value(column: Column, position: int | pa.Scalar, kind: Kind, path: str) -> str:
    at = position if isinstance(position, int) else position.as_py()
    field = f"field {path.lstrip('.')}: " if path else ""
    text = (text_of(column, at) or "")[:_SHOWN]
    problem = "valid UTF-8" if kind.name == "string" else f"a valid {str(kind)[:_TYPE_SHOWN]}"
    return f"{field}'{text}' is not {problem}"
