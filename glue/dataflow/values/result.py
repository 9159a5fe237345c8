"""Result: the values of a column in the type of the catalog, and those that do not fit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflow.reading.records import JsonValue
    from dataflow.source_options import DeclaredColumn


Column: TypeAlias = "pa.Array | list[JsonValue]"
TRUE = pa.scalar(value=True)
_PROBE = 64  # values that show that others will be refused, too
_PART = 4096  # values that are converted exactly because of one of them


@dataclass(frozen=True, slots=True)
class TextRule:
    """How texts of a column mean values."""

    format: str = ""  # of dates and timestamps: like dd.MM.yyyy, `epochSeconds`, `epochMillis`
    decimal: str = "."  # the decimal sign
    is_declared: bool = False  # a person has chosen the type: `007` in an int column is 7

    @classmethod
    def of(cls, column: DeclaredColumn | None, decimal: str = ".") -> TextRule:
        """Return the rule of a declared column; *decimal* is the decimal sign of the files."""
        if column is None:
            return cls(decimal=decimal)
        return cls(column.format, column.decimal or decimal, is_declared=bool(column.type))

    @property
    def inner(self) -> TextRule:
        """The rule of fields and elements: formats and decimal signs are those of a column."""
        return TextRule(is_declared=self.is_declared)


AS_WRITTEN = TextRule()


@dataclass(frozen=True, slots=True)
class Typed:
    """The values of a column in one type: null where a value is missing or does not fit."""

    values: pa.Array
    misfits: pa.BooleanArray | None = None  # without nulls; None: each value fits
    # Paths of fields that the type lacks, such as `address.zip` or `tags[].key`. The records with
    # them are misfits. Their object can wait until the catalog knows the fields.
    unknown_fields: frozenset[str] = frozenset()


def checked(column: pa.Array, fits: pa.Array, convert: Callable[[pa.Array], pa.Array]) -> Typed:
    """Convert the values that fit; a null in *fits* belongs to a missing value."""
    misfits = pc.invert(pc.fill_null(fits, TRUE))
    if not pc.any(misfits).as_py():
        return Typed(convert(column))
    return Typed(convert(without(column, misfits)), misfits)


def in_parts(
    column: pa.Array,
    fast: Callable[[pa.Array], pa.Array | None],
    exact: Callable[[pa.Array], Typed],
) -> Typed:
    """Convert a column with *fast*; where that refuses values, convert only their part exactly."""
    if (values := fast(column)) is not None:
        return Typed(values)
    if len(column) <= _PART:
        return exact(column)
    middle = len(column) // 2
    halves = [in_parts(column.slice(*each), fast, exact) for each in ((0, middle), (middle,))]
    misfits = [
        pa.array(np.zeros(len(each.values), dtype=bool)) if each.misfits is None else each.misfits
        for each in halves
    ]
    is_exact = all(each.misfits is None for each in halves)
    values = pa.concat_arrays([each.values for each in halves])
    return Typed(values, None if is_exact else pa.concat_arrays(misfits))


def without(column: pa.Array, misfits: pa.Array) -> pa.Array:
    """Return a column with nulls in place of misfits."""
    return pc.if_else(misfits, pa.scalar(None, column.type), column)


def none_fits(column: pa.Array, arrow_type: pa.DataType) -> Typed:
    """Return the result for a column in which no value fits."""
    values = pa.nulls(len(column), arrow_type)
    return Typed(values, pc.is_valid(column)) if column.null_count < len(column) else Typed(values)


def any_misfit(parts: list[pa.Array | None]) -> pa.Array | None:
    """Return which values are misfits in at least one of the results."""
    found = None
    for each in parts:
        if each is not None:
            found = each if found is None else pc.or_(found, each)
    return found


def cast(column: pa.Array, arrow_type: pa.DataType) -> pa.Array | None:
    """Return Arrow's own cast, or None if it refuses one of the values."""
    try:
        # Arrow makes a message for each value that it refuses: it costs more than the casts.
        column.slice(0, _PROBE).cast(arrow_type)
        return column.cast(arrow_type)
    except pa.ArrowInvalid:
        return None


def mask(flags: list[bool] | np.ndarray) -> pa.BooleanArray | None:
    """Return misfits as Arrow has them, or None if there is none."""
    found = np.asarray(flags, dtype=bool)
    return pa.array(found) if found.any() else None
