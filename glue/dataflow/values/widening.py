"""Widening: the types that columns need so that all values fit as they were uploaded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pt

from dataflow.values.kinds import WHOLE, Kind, parsed
from dataflow.values.nested import field_names, inside
from dataflow.values.result import AS_WRITTEN, TextRule
from dataflow.values.typing import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.values.result import Column


_STRING = Kind("string")
_WIDEST = Kind("decimal", (38, 18))
_BITS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
_MANTISSA = {"float": 24, "double": 53}  # bits of whole numbers that the type keeps
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
_MAX_DIGITS = 38


def narrowest(
    column: Column, misfits: pa.BooleanArray, kind: str, rule: TextRule = AS_WRITTEN
) -> str | None:
    """Return the narrowest wider type that keeps all misfits of a column as they were uploaded.

    None: there is no such type, or the misfits have fields that the catalog must learn first.
    """
    old = parsed(kind)
    values = _taken(column, misfits)
    if typed(values, kind, rule).unknown_fields:
        return None
    steps = (str(step) for step in _wider(values, old, rule))
    return next((step for step in steps if typed(values, step, rule).misfits is None), None)


def lossless(old: str, new: str) -> bool:
    """Return whether each value of a type is a value of another, with the same text.

    Rows whose object no longer exists are converted from their Parquet. For a pair that is not
    lossless, `typed` finds the values that do not fit.
    """
    return _is_lossless(parsed(old).written(), parsed(new).written())


def _is_lossless(old: Kind, new: Kind) -> bool:
    if old == new or new.name == "string":
        return old.name != "binary" or old == new
    if old.name in WHOLE:
        return _whole_is_lossless(old, new)
    if old.name == new.name == "decimal":
        (precision, scale), (other, places) = old.sizes, new.sizes
        return places >= scale and other - places >= precision - scale
    if old.is_nested and old.name == new.name:
        return _nested_is_lossless(old, new)
    return (old.name, new.name) in {("float", "double"), ("date", "timestamp")}


def _whole_is_lossless(old: Kind, new: Kind) -> bool:
    if new.name == "decimal":
        return new.sizes[0] - new.sizes[1] >= _DIGITS[old.name]
    return _BITS[old.name] <= {**_BITS, **_MANTISSA}.get(new.name, 0)


def _nested_is_lossless(old: Kind, new: Kind) -> bool:
    if old.name != "struct":
        return all(_is_lossless(*pair) for pair in zip(old.parts, new.parts, strict=True))
    index = field_names(new)
    positions = [index.get(name, index.get(name.lower())) for name in old.fields]
    return all(
        position is not None and _is_lossless(part, new.parts[position])
        for part, position in zip(old.parts, positions, strict=True)
    )


def _wider(values: Column, kind: Kind, rule: TextRule) -> Iterator[Kind]:
    """Return the types to which a type can widen for the sake of values, the narrowest first."""
    if kind.is_nested:
        yield from _inner(values, kind, rule)
    elif kind.name in WHOLE:
        yield from (Kind(name) for name in WHOLE[WHOLE.index(kind.name) + 1 :])
        yield from _common_decimal(values, _DIGITS[kind.name], 0)
        yield Kind("double")
    elif kind.name == "float":
        yield Kind("double")
    elif kind.name == "date":
        yield Kind("timestamp")
    elif kind.name == "decimal":
        yield from _common_decimal(values, kind.sizes[0] - kind.sizes[1], kind.sizes[1])
        if kind != _WIDEST:
            yield _WIDEST
    if kind.name not in ("string", "binary"):
        yield _STRING


def _common_decimal(values: Column, digits: int, scale: int) -> Iterator[Kind]:
    """Return the decimal for columns whose files say that they are decimals or uint64.

    Text never makes decimals of whole numbers: numbers of more than 18 digits are identifiers.
    """
    source = None if isinstance(values, list) else values.type
    if source is not None and pt.is_uint64(source):
        digits = max(digits, 20)
    elif source is not None and pt.is_decimal(source):
        digits = max(digits, source.precision - source.scale)
        scale = max(scale, source.scale)
    else:
        return
    if digits + scale <= _MAX_DIGITS:
        yield Kind("decimal", (digits + scale, scale))


def _inner(values: Column, kind: Kind, rule: TextRule) -> Iterator[Kind]:
    """Return the kind with wider parts, if that can help."""
    inner = None if _is_text(values) else inside(values, kind)
    if inner is None:
        return
    parts = []
    for part, each in zip(kind.parts, inner.parts, strict=True):
        found = typed(each, str(part), rule)
        wider = None if found.misfits is None else narrowest(each, found.misfits, str(part), rule)
        parts.append(part if wider is None else parsed(wider))
    if tuple(parts) != kind.parts:
        yield replace(kind, parts=tuple(parts))


def _is_text(values: Column) -> bool:
    return not isinstance(values, list) and pt.is_string(values.type)


def _taken(column: Column, misfits: pa.BooleanArray) -> Column:
    if isinstance(column, list):
        return [value for value, wrong in zip(column, misfits.to_pylist(), strict=True) if wrong]
    return column.filter(misfits)
