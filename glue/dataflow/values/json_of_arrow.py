"""JSON of Arrow: structs, arrays and maps of Arrow as the JSON that a column of text keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from dataflow.reading.records import Number
from dataflow.values.arrow_casts import plain
from dataflow.values.nested import arrow_parts, with_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflow.reading.records import JsonValue
    from dataflow.values.nested import Inner
    from dataflow.values.result import Typed


def json_values(
    column: pa.Array, text: Callable[[pa.Array], Typed]
) -> tuple[list[JsonValue], np.ndarray]:
    """Return values of Arrow as JSON, and which of them hold something that has no text.

    *text* converts values without parts to text, in the form that they have in a column of text.
    """
    if pt.is_struct(column.type):
        values, wrong = _json_objects(column, text)
    elif (inner := arrow_parts(column)) is not None:
        values, wrong = _json_lists(inner, text)
    else:
        return _json_scalars(column, text)
    missing = column.is_null().to_pylist()
    return [None if gone else each for each, gone in zip(values, missing, strict=True)], wrong


def _json_objects(
    column: pa.StructArray, text: Callable[[pa.Array], Typed]
) -> tuple[list[JsonValue], np.ndarray]:
    names = [field.name for field in column.type]
    found = [json_values(plain(each), text) for each in column.flatten()]
    rows = zip(*(values for values, _ in found), strict=True) if names else [()] * len(column)
    wrong = np.zeros(len(column), dtype=bool)
    for _, bad in found:
        wrong |= bad
    return [dict(zip(names, row, strict=True)) for row in rows], wrong


def _json_lists(
    inner: Inner, text: Callable[[pa.Array], Typed]
) -> tuple[list[JsonValue], np.ndarray]:
    parts = [json_values(plain(each), text) for each in inner.parts]
    wrong = np.zeros(len(inner.missing), dtype=bool)
    for _, bad in parts:
        wrong |= with_one(bad, inner)
    ends = np.cumsum(inner.lengths).tolist()
    bounds = zip([0, *ends], ends, strict=False)
    return [_container([each[slice(*at)] for each, _ in parts]) for at in bounds], wrong


def _container(parts: list[list[JsonValue]]) -> JsonValue:
    """Return an array of its elements, or a map of its keys and values."""
    if len(parts) == 1:
        return parts[0]
    keys, items = parts
    return {str(key): item for key, item in zip(keys, items, strict=True)}


def _json_scalars(
    column: pa.Array, text: Callable[[pa.Array], Typed]
) -> tuple[list[JsonValue], np.ndarray]:
    source = column.type
    if pt.is_boolean(source):
        return column.to_pylist(), np.zeros(len(column), dtype=bool)
    found = text(column)
    values = found.values.to_pylist()
    if pt.is_integer(source) or pt.is_floating(source) or pt.is_decimal(source):
        values = [None if each is None else _number(each) for each in values]
    lost = found.misfits
    return values, np.zeros(len(column), bool) if lost is None else lost.to_numpy(
        zero_copy_only=False
    )


def _number(text: str) -> str:
    return Number(text) if text[-1].isdigit() else text  # `nan` and `inf` are texts
