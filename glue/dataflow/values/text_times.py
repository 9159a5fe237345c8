"""Dates and timestamps in text: ISO 8601, or the format that a user declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataflow.values.formats import EPOCHS, compiled
from dataflow.values.kinds import TIMESTAMP
from dataflow.values.result import Typed, any_misfit, cast, checked, in_parts, without
from dataflow.values.text_numbers import Notation, cleaned, matches, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflow.values.kinds import Kind
    from dataflow.values.result import TextRule

_UTC = pa.timestamp("us", "UTC")
DAY = 86_400_000_000  # microseconds
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999  # of years 1 to 9999
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_MONTH_DAY = (
    "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
)
DATE = f"(?:{_YEAR}-(?:{_MONTH_DAY})|{_LEAP}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3])(?::[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?)?"
_ZONE = "(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_ZONED = f"{DATE}[ T]{_TIME}{_ZONE}"
_PLAIN = f"{DATE}(?:[ T]{_TIME})?"


def formatted(text: pa.Array, kind: Kind, rule: TextRule) -> Typed:
    """Return texts as dates or timestamps, in the declared format or in ISO 8601."""
    if rule.format in EPOCHS:
        times = epochs(text, EPOCHS[rule.format])
        return as_dates(times) if kind.name == "date" else times
    convert = dates if kind.name == "date" else timestamps
    if not rule.format:
        return convert(text)
    given = cleaned(text)
    found = convert(compiled(rule.format).iso(given)).values
    return checked(found, pc.or_(pc.is_valid(found), pc.is_null(given)), lambda kept: kept)


def dates(text: pa.Array) -> Typed:
    """Return texts as dates; a text with a time is a date only if it is midnight in UTC."""
    return in_parts(text, _iso_dates, _exact_dates)


def timestamps(text: pa.Array) -> Typed:
    """Return texts as timestamps in UTC; a text without a zone is in UTC."""
    return in_parts(text, _iso_timestamps, _exact_timestamps)


def _iso_dates(text: pa.Array) -> pa.Array | None:
    values = cast(text, pa.date32())
    return values if values is not None and _is_in_range(values.cast(TIMESTAMP)) else None


def _exact_dates(text: pa.Array) -> Typed:
    text = cleaned(text)
    fits = matches(text, DATE)
    days = checked(text, fits, lambda kept: kept.cast(pa.date32()))
    if days.misfits is None:
        return days
    others = as_dates(timestamps(without(text, fits)))
    return Typed(pc.coalesce(days.values, others.values), others.misfits)


def _iso_timestamps(text: pa.Array) -> pa.Array | None:
    for arrow_type in (TIMESTAMP, _UTC):
        values = cast(text, arrow_type)
        if values is not None and _is_in_range(values):
            return values.cast(TIMESTAMP)
    return None


def _exact_timestamps(text: pa.Array) -> Typed:
    text = pc.replace_substring_regex(cleaned(text), r"(\.[0-9]{6})0{1,3}(Z|[+-].*)?$", r"\1\2")
    plain = _parsed(text, _PLAIN, TIMESTAMP)
    zoned = _parsed(without(text, pc.is_valid(plain)), _ZONED, _UTC)
    values = pc.coalesce(plain, zoned)
    return checked(values, pc.or_(pc.is_valid(values), pc.is_null(text)), lambda kept: kept)


def booleans(text: pa.Array) -> Typed:
    """Return `true` and `false`, in any case, as truth values."""
    text = cleaned(text)
    # Without regard to case, `s` would also be U+017F, which Arrow refuses.
    name = "[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]"
    return checked(text, matches(text, name), lambda kept: kept.cast(pa.bool_()))


def epochs(text: pa.Array, per_second: int) -> Typed:
    """Return numbers as timestamps: as units since 1970, of which a second has *per_second*."""
    text = plain(text, Notation.JSON)
    digits = len(str(1_000_000 // per_second)) - 1  # that a fraction of a unit can have
    fits = matches(text, rf"-?[0-9]{{1,18}}(?:\.[0-9]{{1,{digits}}}0*)?")
    short = pc.replace_substring_regex(text, rf"(\.[0-9]{{{digits}}})0+$", r"\1")
    scale = 1_000_000 // per_second

    def convert(kept: pa.Array) -> pa.Array:
        exact = kept.cast(pa.decimal128(18 + digits, digits))
        scaled = pc.multiply(exact, pa.scalar(scale, pa.decimal128(7, 0)))
        return scaled.cast(pa.decimal128(38, 0)).cast(pa.int64(), safe=False)

    numbers = checked(short, fits, convert)
    in_range = pc.and_(
        pc.less_equal(numbers.values, _LAST), pc.greater_equal(numbers.values, _FIRST)
    )
    within = checked(numbers.values, in_range, lambda kept: kept.cast(TIMESTAMP))
    return Typed(within.values, any_misfit([numbers.misfits, within.misfits]))


def as_dates(times: Typed) -> Typed:
    """Return timestamps as dates, if they are midnight."""
    return _also(times, _is_midnight, lambda kept: kept.cast(pa.date32()))


def within_years(values: pa.Array) -> Typed:
    """Return timestamps of the years 1 to 9999; others do not fit."""
    return checked(values, in_years(values), lambda kept: kept.cast(TIMESTAMP))


def in_years(values: pa.Array) -> pa.Array:
    """Return which timestamps are in the years 1 to 9999."""
    per_unit = {"s": 10**6, "ms": 10**3, "us": 1}.get(values.type.unit)
    numbers = values.cast(pa.int64())
    if per_unit is None:  # the range of nanoseconds is smaller
        return pc.equal(numbers, numbers)
    least, most = _FIRST // per_unit, _LAST // per_unit
    return pc.and_(pc.less_equal(numbers, most), pc.greater_equal(numbers, least))


def _also(
    typed: Typed, test: Callable[[pa.Array], pa.Array], convert: Callable[[pa.Array], pa.Array]
) -> Typed:
    found = checked(typed.values, test(typed.values), convert)
    return Typed(found.values, any_misfit([typed.misfits, found.misfits]))


def _is_midnight(values: pa.Array) -> pa.Array:
    numbers = values.cast(pa.int64())
    return pc.equal(pc.multiply(pc.divide(numbers, DAY), DAY), numbers)


def _is_in_range(values: pa.Array) -> bool:
    bounds = pc.min_max(values.cast(pa.int64()))
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    return least is None or (least >= _FIRST and most <= _LAST)


def _parsed(text: pa.Array, pattern: str, arrow_type: pa.DataType) -> pa.Array:
    kept = pc.if_else(matches(text, pattern), text, pa.scalar(None, pa.string()))
    return within_years(kept.cast(arrow_type)).values
