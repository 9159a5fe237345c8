"""Arrow casts: typed values of Parquet, ORC and Avro in the types of the catalog, without a loss.

Arrow's safe casts refuse most losses, but refuse the whole column. Values that can differ go
through their exact text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from dataflow.values import text_numbers, text_times
from dataflow.values.kinds import TIMESTAMP, WHOLE
from dataflow.values.result import TextRule, Typed, any_misfit, cast, checked, none_fits
from dataflow.values.text_numbers import Notation

if TYPE_CHECKING:
    from dataflow.values.kinds import Kind

_SIMPLER = (
    (pt.is_large_string, pa.string()),
    (pt.is_large_binary, pa.binary()),
    (pt.is_fixed_size_binary, pa.binary()),
    (pt.is_float16, pa.float32()),
    (pt.is_date64, pa.timestamp("ms")),
)
_LIMIT = 2.0**63  # a float from here on is no bigint


def plain(column: pa.Array) -> pa.Array:
    """Return a column without the encodings of Arrow that mean nothing to users."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        return plain(column.storage)
    if pt.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if pt.is_run_end_encoded(kind):
        return plain(pc.run_end_decode(column))
    found = next((other for test, other in _SIMPLER if test(kind)), None)
    return column if found is None else column.cast(found)


def number(column: pa.Array, kind: Kind) -> Typed:
    """Return numbers in another type of numbers."""
    source = column.type
    is_float = pt.is_floating(source)
    if kind.name in WHOLE and (pt.is_integer(source) or is_float):
        return _whole(column, kind)
    if kind.name == "double" and is_float:
        return Typed(column.cast(pa.float64()))
    if kind.name == "float" and is_float:
        values = column.cast(pa.float32())
        same = pc.equal(values.cast(source), column)
        return checked(values, pc.or_(same, pc.is_nan(column)), lambda kept: kept)
    if kind.name in ("float", "double") and pt.is_integer(source):
        return _floating(column, kind)
    if kind.name == "decimal" and pt.is_decimal128(source):
        values = cast(column, kind.arrow)
        if values is not None:
            return Typed(values)
    return _by_text(column, kind)


def text(column: pa.Array) -> Typed:
    """Return values as text, in the form that reads back as the same value."""
    source = column.type
    convert = next((found for test, found in _TEXTS if test(source)), None)
    if convert is not None:
        return convert(column)
    if pt.is_primitive(source) and not pt.is_interval(source):
        return Typed(column.cast(pa.string()))
    return none_fits(column, pa.string())


def time(column: pa.Array, kind: Kind, rule: TextRule) -> Typed:
    """Return values as dates or timestamps; a number is one only by a declared format."""
    source = column.type
    is_number = pt.is_integer(source) or pt.is_floating(source) or pt.is_decimal(source)
    if rule.format and is_number:
        return text_times.formatted(text(column).values, kind, rule)
    if pt.is_date32(source):
        times = _microseconds(column.cast(pa.timestamp("s")))
    elif pt.is_timestamp(source):
        times = _microseconds(column)
    else:
        return none_fits(column, kind.arrow)
    return text_times.as_dates(times) if kind.name == "date" else times


def _whole(column: pa.Array, kind: Kind) -> Typed:
    if (values := cast(column, kind.arrow)) is not None:
        return Typed(values)
    if pt.is_floating(column.type):
        in_range = pc.and_(pc.less(column, _LIMIT), pc.greater_equal(column, -_LIMIT))
        is_whole = pc.and_(in_range, pc.equal(pc.floor(column), column))
        numbers = checked(column, is_whole, lambda kept: kept.cast(pa.int64(), safe=False))
    else:
        fits = pc.less_equal(
            column.cast(pa.uint64(), safe=False), pa.scalar(2**63 - 1, pa.uint64())
        )
        fits = fits if pt.is_uint64(column.type) else pc.is_valid(column)
        numbers = checked(column, fits, lambda kept: kept.cast(pa.int64(), safe=False))
    values = numbers.values.cast(kind.arrow, safe=False)
    same = checked(values, pc.equal(values.cast(pa.int64()), numbers.values), lambda kept: kept)
    return Typed(same.values, any_misfit([numbers.misfits, same.misfits]))


def _floating(column: pa.Array, kind: Kind) -> Typed:
    if (values := cast(column, kind.arrow)) is not None:
        return Typed(values)
    # The cast back is undefined from 2^63 on, or from 2^64 on for uint64.
    values = column.cast(kind.arrow, safe=False)
    limit = 2.0**64 if pt.is_uint64(column.type) else _LIMIT
    back = pc.if_else(pc.less(pc.abs(values), limit), values, pa.scalar(None, kind.arrow))
    same = pc.fill_null(
        pc.equal(back.cast(column.type, safe=False), column), pa.scalar(value=False)
    )
    return checked(values, pc.or_(pc.is_null(column), same), lambda kept: kept)


def _by_text(column: pa.Array, kind: Kind) -> Typed:
    shown = text(column).values
    if kind.name in WHOLE:
        return text_numbers.whole(shown, kind, Notation.JSON)
    if kind.name == "decimal":
        return text_numbers.decimals(shown, kind, Notation.JSON)
    return text_numbers.floating(shown, kind, Notation.JSON)


def _microseconds(column: pa.Array) -> Typed:
    """Return timestamps of any unit in UTC; digits beyond microseconds do not fit."""
    if column.type.unit != "ns":
        return text_times.within_years(column)
    bare = column.cast(pa.int64())
    micros = pc.divide(bare, 1000)
    is_exact = pc.equal(pc.multiply(micros, 1000), bare)
    return checked(micros, is_exact, lambda kept: kept.cast(TIMESTAMP))


def _moment_text(column: pa.Array) -> Typed:
    """Return dates and timestamps in ISO 8601; Arrow has no text for years beyond 9999."""
    if pt.is_date32(column.type):
        in_years = text_times.in_years(column.cast(pa.timestamp("s")))
        return checked(column, in_years, lambda kept: kept.cast(pa.string()))
    in_utc = column.cast(pa.timestamp(column.type.unit, "UTC")) if column.type.tz else column
    return checked(in_utc, text_times.in_years(in_utc), _short_fraction)


def _short_fraction(column: pa.Array) -> pa.Array:
    """Return times as text; Arrow writes all digits of the unit: 10:00:00.500000."""
    shown = column.cast(pa.string())
    shown = pc.replace_substring_regex(shown, r"(\.[0-9]*[1-9])0+(Z?)$", r"\1\2")
    return pc.replace_substring_regex(shown, r"\.0+(Z?)$", r"\1")


def _utf8(column: pa.Array) -> Typed:
    if (values := cast(column, pa.string())) is not None:
        return Typed(values)
    texts = [None if each is None else _decoded(each) for each in column.to_pylist()]
    values = pa.array(texts, pa.string())
    return checked(values, pc.or_(pc.is_valid(values), pc.is_null(column)), lambda kept: kept)


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _decimal_text(column: pa.Array) -> Typed:
    shown = column.cast(pa.string())
    if not pc.any(pc.match_substring(shown, "E")).as_py():  # 1.E-10
        return Typed(shown)
    texts = [None if each is None else f"{each:f}" for each in column.to_pylist()]
    return Typed(pa.array(texts, pa.string()))


def _duration_text(column: pa.Array) -> Typed:
    """Return durations as ISO 8601 writes them: PT1.5S."""
    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[column.type.unit]
    numbers = column.cast(pa.int64()).to_pylist()
    return Typed(pa.array([_seconds(each, digits) for each in numbers], pa.string()))


def _seconds(number: int | None, digits: int) -> str | None:
    if number is None:
        return None
    whole, part = divmod(abs(number), 10**digits)
    fraction = f".{part:0{digits}}".rstrip("0").rstrip(".") if digits else ""
    return f"{'-' if number < 0 else ''}PT{whole}{fraction}S"


_TEXTS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], Typed]], ...] = (
    (pt.is_binary, _utf8),
    (pt.is_decimal, _decimal_text),
    (pt.is_duration, _duration_text),
    (pt.is_timestamp, _moment_text),
    (pt.is_date32, _moment_text),
    (pt.is_time, lambda column: Typed(_short_fraction(column))),
)
