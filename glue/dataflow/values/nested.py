"""Nested values: structs, arrays and maps, of JSON and of Arrow, in the types of the catalog.

Fields are found by name, never by position. Glue's crawler writes names in lower case, so a name
that is not there as it is written is looked up without regard to case.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from dataflow.values.json_text import is_text
from dataflow.values.result import Typed, any_misfit, mask, none_fits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dataflow.reading.records import JsonValue
    from dataflow.values.kinds import Kind
    from dataflow.values.result import Column


@dataclass(frozen=True, slots=True)
class Inner:
    """What is inside of the values of a column: a column for each part of its kind."""

    parts: Sequence[Column]
    missing: np.ndarray  # per value: there is none
    wrong: np.ndarray  # per value: it is no such container, or has a field that the kind lacks
    lengths: np.ndarray  # the number of parts of each value; a struct has one of each field
    unknown: frozenset[str] = frozenset()  # names of fields that the kind lacks


def nested(column: Column, kind: Kind, typed: Callable[[Column, Kind], Typed]) -> Typed:
    """Return values as structs, arrays or maps; *typed* converts what is inside."""
    inner = inside(column, kind)
    if inner is None:
        return none_fits(column, kind.arrow)
    results = [typed(part, each) for part, each in zip(inner.parts, kind.parts, strict=True)]
    misfits = any_misfit([mask(inner.wrong), *(_of_parents(each, inner) for each in results)])
    unknown = {*inner.unknown, *_paths(kind, results)}
    if misfits is not None and kind.name == "map":  # a key cannot be null
        return Typed(_again(column, misfits, kind, typed), misfits, frozenset(unknown))
    nulls = (
        inner.missing if misfits is None else inner.missing | misfits.to_numpy(zero_copy_only=False)
    )
    values = _assembled([each.values for each in results], inner, nulls, kind)
    return Typed(values, misfits, frozenset(unknown))


def inside(column: Column, kind: Kind) -> Inner | None:
    """Return what is inside of a column's values, or None if they are of another kind."""
    if isinstance(column, list):
        return {"struct": _members, "array": _elements, "map": _entries}[kind.name](column, kind)
    if kind.name == "struct":
        return _arrow_fields(column, kind) if pt.is_struct(column.type) else None
    inner = arrow_parts(column)
    return inner if inner is not None and len(inner.parts) == len(kind.parts) else None


def arrow_parts(column: pa.Array) -> Inner | None:
    """Return what is inside of arrays and maps of Arrow, or None for other types."""
    source = column.type
    missing = column.is_null().to_numpy(zero_copy_only=False)
    wrong = np.zeros(len(column), dtype=bool)
    if pt.is_list(source) or pt.is_large_list(source) or pt.is_fixed_size_list(source):
        lengths = column.value_lengths().fill_null(0).to_numpy()
        return Inner([column.flatten()], missing, wrong, lengths)
    if pt.is_map(source):
        entry = pa.struct([("key", source.key_type), ("value", source.item_type)])
        entries = column.cast(pa.list_(entry))
        return Inner(
            entries.flatten().flatten(),
            missing,
            wrong,
            entries.value_lengths().fill_null(0).to_numpy(),
        )
    return None


def field_names(kind: Kind) -> dict[str, int]:
    """Return the positions of a struct's fields by name, as written and in lower case."""
    lower = {name.lower(): position for position, name in enumerate(kind.fields)}
    return {**lower, **{name: position for position, name in enumerate(kind.fields)}}


def _members(values: list[JsonValue], kind: Kind) -> Inner:
    index = field_names(kind)
    parts: list[list[JsonValue]] = [[None] * len(values) for _ in kind.parts]
    wrong = np.zeros(len(values), dtype=bool)
    unknown: set[str] = set()
    for row, value in enumerate(values):
        if not isinstance(value, dict):
            wrong[row] = value is not None
            continue
        for name, member in value.items():
            if member is None:
                continue
            position = index.get(name)
            if position is None:
                position = index.get(name.lower())
            if position is None:
                unknown |= {name} if is_text(name) else set()
                wrong[row] = True
            elif parts[position][row] is not None:  # `a` and `A`
                wrong[row] = True
            else:
                parts[position][row] = member
    return Inner(parts, _missing(values), wrong, np.ones_like(wrong, int), frozenset(unknown))


def _elements(values: list[JsonValue], _: Kind) -> Inner:
    lists = [value if isinstance(value, list) else [] for value in values]
    wrong = [not isinstance(value, list) and value is not None for value in values]
    lengths = np.array([len(each) for each in lists], dtype=np.int64)
    return Inner([[*chain.from_iterable(lists)]], _missing(values), np.array(wrong, bool), lengths)


def _entries(values: list[JsonValue], _: Kind) -> Inner:
    maps: list[dict[str, Any]] = [value if isinstance(value, dict) else {} for value in values]
    wrong = [not isinstance(value, dict) and value is not None for value in values]
    lengths = np.array([len(each) for each in maps], dtype=np.int64)
    keys = [*chain.from_iterable(maps)]
    items = [*chain.from_iterable(each.values() for each in maps)]
    return Inner([keys, items], _missing(values), np.array(wrong, dtype=bool), lengths)


def _arrow_fields(column: pa.StructArray, kind: Kind) -> Inner:
    index = field_names(kind)
    parts: list[Any] = [None] * len(kind.parts)
    wrong = np.zeros(len(column), dtype=bool)
    unknown: set[str] = set()
    for field, values in zip(column.type, column.flatten(), strict=True):
        is_given = values.is_valid().to_numpy(zero_copy_only=False)
        position = index.get(field.name, index.get(field.name.lower()))
        if position is not None and parts[position] is None:
            parts[position] = values
        elif is_given.any():
            wrong |= is_given
            unknown |= {field.name} if position is None else set()
    empty = pa.nulls(len(column))
    missing = column.is_null().to_numpy(zero_copy_only=False)
    known = [empty if each is None else each for each in parts]
    return Inner(known, missing, wrong, np.ones_like(wrong, int), frozenset(unknown))


def _missing(values: list[JsonValue]) -> np.ndarray:
    return np.array([value is None for value in values], dtype=bool)


def _of_parents(typed: Typed, inner: Inner) -> pa.Array | None:
    """Return which values have a misfit inside."""
    if typed.misfits is None:
        return None
    return mask(with_one(typed.misfits.to_numpy(zero_copy_only=False), inner))


def with_one(wrong: np.ndarray, inner: Inner) -> np.ndarray:
    """Return which values have a wrong part."""
    found = np.zeros(len(inner.missing), dtype=bool)
    found[np.repeat(np.arange(len(found)), inner.lengths)[wrong]] = True
    return found


def _paths(kind: Kind, results: list[Typed]) -> set[str]:
    names = kind.fields or ("[]",) * len(results)
    return {
        f"{name}{'' if path.startswith('[]') else '.'}{path}"
        for name, result in zip(names, results, strict=True)
        for path in result.unknown_fields
    }


def _again(
    column: Column, misfits: pa.Array, kind: Kind, typed: Callable[[Column, Kind], Typed]
) -> pa.Array:
    wrong = misfits.to_pylist()
    if isinstance(column, list):
        kept: Column = [None if bad else value for value, bad in zip(column, wrong, strict=True)]
    else:
        kept = column.take(
            pa.array([None if bad else at for at, bad in enumerate(wrong)], pa.int64())
        )
    return nested(kept, kind, typed).values


def _assembled(parts: list[pa.Array], inner: Inner, nulls: np.ndarray, kind: Kind) -> pa.Array:
    if kind.name == "struct":
        return pa.StructArray.from_arrays(parts, fields=list(kind.arrow), mask=pa.array(nulls))
    ends = np.cumsum(inner.lengths, dtype=np.int32)
    offsets = np.insert(ends, 0, 0)
    if kind.name == "map":  # a null begins at a null, and is empty
        starts = pa.array(offsets, mask=np.append(nulls, np.False_))
        return pa.MapArray.from_arrays(starts, *parts).cast(kind.arrow)
    nulls_of = pa.array(nulls) if nulls.any() else None
    return pa.ListArray.from_arrays(pa.array(offsets), parts[0], kind.arrow, mask=nulls_of)
