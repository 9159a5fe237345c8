"""Conversion: columns of text, JSON and Arrow in the types of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from dataflow.reading.records import Number
from dataflow.values import arrow_casts, text_numbers, text_times
from dataflow.values.arrow_casts import plain
from dataflow.values.json_of_arrow import json_values
from dataflow.values.json_text import NoJson, is_text, json_text, parsed_json, text_of_json
from dataflow.values.kinds import TEXT, WHOLE, Kind
from dataflow.values.nested import nested
from dataflow.values.result import TextRule, Typed, any_misfit, checked, mask, none_fits, without
from dataflow.values.text_numbers import Notation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflow.reading.records import JsonValue
    from dataflow.values.result import Column

_NUMBERS = (*WHOLE, "float", "double", "decimal")


def converted(column: Column, kind: Kind, rule: TextRule) -> Typed:
    """Return the values of a column in a type of the catalog."""
    if isinstance(column, list):
        return _json(column, kind, rule)
    column = plain(column)
    if pt.is_null(column.type):
        return Typed(pa.nulls(len(column), kind.arrow))
    if pt.is_string(column.type):
        return _text(column, kind, rule)
    return _arrow(column, kind, rule)


def _text(text: pa.Array, kind: Kind, rule: TextRule) -> Typed:
    if kind.name in TEXT:
        return _limited(text, kind)
    if kind.name == "binary":
        return Typed(text.cast(pa.binary()))
    if kind.name == "boolean":
        return text_times.booleans(text)
    if kind.is_nested:
        return _parsed(text, kind, rule)
    if kind.name in _NUMBERS:
        if rule.decimal != ".":
            text_or = text_numbers.with_point(text, rule.decimal, is_grouped=rule.is_declared)
        else:
            text_or = text
        return _number(text_or, kind, Notation.DECLARED if rule.is_declared else Notation.TEXT)
    return text_times.formatted(text, kind, rule)


def _number(text: pa.Array, kind: Kind, notation: Notation) -> Typed:
    if kind.name in WHOLE:
        return text_numbers.whole(text, kind, notation)
    if kind.name == "decimal":
        return text_numbers.decimals(text, kind, notation)
    return text_numbers.floating(text, kind, notation)


def _limited(text: pa.Array, kind: Kind) -> Typed:
    if not kind.sizes:
        return Typed(text)
    return checked(text, pc.less_equal(pc.utf8_length(text), kind.sizes[0]), _same)


def _same(values: pa.Array) -> pa.Array:
    return values


def _parsed(text: pa.Array, kind: Kind, rule: TextRule) -> Typed:
    """Return JSON texts as nested values."""
    values: list[JsonValue] = []
    bad = []
    for each in text_numbers.cleaned(text).to_pylist():
        try:
            values.append(None if each is None else parsed_json(each))
            bad.append(False)
        except NoJson:
            values.append(None)
            bad.append(True)
    found = _json(values, kind, rule)
    misfits = any_misfit([found.misfits, pa.array(bad)]) if any(bad) else found.misfits
    return Typed(found.values, misfits, found.unknown_fields)


def _json(values: list[JsonValue], kind: Kind, rule: TextRule) -> Typed:
    if kind.name in TEXT:
        texts = _strings([text_of_json(each) for each in values])
        return _then(texts, _limited(texts.values, kind))
    if kind.is_nested:
        return nested(values, kind, lambda column, part: converted(column, part, rule.inner))
    types = {*map(type, values)} - {type(None)}
    results = [_json_of(each, values, types, kind, rule) for each in types]
    if not results:
        return Typed(pa.nulls(len(values), kind.arrow))
    found = (
        pc.coalesce(*[each.values for each in results]) if len(results) > 1 else results[0].values
    )
    return Typed(found, any_misfit([each.misfits for each in results]))


def _json_of(
    one: type, values: list[JsonValue], types: set[type], kind: Kind, rule: TextRule
) -> Typed:
    """Return the JSON values of one Python type; the others are null."""
    if len(types) > 1:
        values = [each if type(each) is one else None for each in values]
    if one is bool:
        return _arrow(pa.array(values, pa.bool_()), kind, rule)
    if one is Number:
        text = pa.array(values, pa.string())
        if kind.name in _NUMBERS:
            return _number(text, kind, Notation.JSON)
        if rule.format and kind.name in ("date", "timestamp"):
            return text_times.formatted(text, kind, rule)
        return none_fits(text, kind.arrow)
    if one is str:
        strings = _strings(values)
        return _then(strings, _text(strings.values, kind, rule))
    return none_fits(
        pa.array([None if each is None else "" for each in values], pa.string()), kind.arrow
    )


def _arrow(column: pa.Array, kind: Kind, rule: TextRule) -> Typed:
    source = column.type
    if kind.is_nested:
        return nested(column, kind, lambda each, part: converted(each, part, rule.inner))
    if kind.name in TEXT:
        found = _json_texts(column) if pt.is_nested(source) else arrow_casts.text(column)
        return _then(found, _limited(found.values, kind))
    is_number = pt.is_integer(source) or pt.is_floating(source) or pt.is_decimal(source)
    if kind.name in _NUMBERS and is_number:
        return arrow_casts.number(column, kind)
    if kind.name in ("date", "timestamp"):
        return arrow_casts.time(column, kind, rule)
    is_same = source == kind.arrow and kind.name in ("boolean", "binary")
    return Typed(column) if is_same else none_fits(column, kind.arrow)


def _json_texts(column: pa.Array) -> Typed:
    values, wrong = json_values(column, lambda each: _arrow_text(plain(each)))
    texts = _strings([None if each is None else json_text(each) for each in values])
    misfits = any_misfit([texts.misfits, mask(wrong)])
    return Typed(texts.values if misfits is None else without(texts.values, misfits), misfits)


def _arrow_text(column: pa.Array) -> Typed:
    return Typed(column) if pt.is_string(column.type) else arrow_casts.text(column)


def _strings(values: Sequence[JsonValue]) -> Typed:
    """Return texts as an array; a lone surrogate of JSON is no text."""
    try:
        return Typed(pa.array(values, pa.string()))
    except UnicodeEncodeError:
        wrong = [each is not None and not is_text(str(each)) for each in values]
        kept = [None if bad else each for each, bad in zip(values, wrong, strict=True)]
        return Typed(pa.array(kept, pa.string()), pa.array(wrong))


def _then(first: Typed, second: Typed) -> Typed:
    """Return the result of a conversion of the values that an earlier one returned."""
    return Typed(second.values, any_misfit([first.misfits, second.misfits]), second.unknown_fields)
