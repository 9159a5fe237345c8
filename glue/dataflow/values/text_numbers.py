"""Numbers in text: whole numbers, decimals and floating point, without a loss of digits.

A text fits if it is the number as software prints it, and the value is the same number. `01234`,
`+49151` and `713752e1` are codes: no software prints numbers like this.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataflow.values.result import TRUE, Typed, cast, checked, in_parts, without

if TYPE_CHECKING:
    from dataflow.values.kinds import Kind

_MAX = {"tinyint": 2**7 - 1, "smallint": 2**15 - 1, "int": 2**31 - 1, "bigint": 2**63 - 1}
_DIGITS = {"float": 6, "double": 15}  # that each value of the type keeps
_FIXED = r"(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|\.[0-9]+)"
_SCIENTIFIC = r"[0-9]\.[0-9]+[eE][+-]?[0-9]{1,3}|[0-9][eE][+-][0-9]{1,3}"  # 1.2E6, 1e-07
_NO_NUMBER = r"NaN|nan|NAN|-?(?:Inf|inf|INF|Infinity|infinity|INFINITY)"
_PLAIN_EXPONENT = 60  # a number of more digits fits no kind of whole numbers and decimals


class Notation(Enum):
    """The way in which numbers are written."""

    TEXT = auto()  # text of a file: only as software prints numbers
    DECLARED = auto()  # a person says that these are numbers: leading zeros and any exponent
    JSON = auto()  # numbers of JSON, and of Arrow as text: any exponent


def cleaned(text: pa.Array) -> pa.Array:
    """Return texts without spaces around them; a text of spaces alone is a missing value."""
    trimmed = pc.utf8_trim(text, " \t")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def matches(text: pa.Array, pattern: str) -> pa.BooleanArray:
    """Return which texts match a pattern as a whole."""
    return pc.match_substring_regex(text, f"^(?:{pattern})$")


def with_point(text: pa.Array, sign: str, *, is_grouped: bool) -> pa.Array:
    """Return numbers with a decimal point in place of *sign*; a text that has none stays no number.

    *is_grouped*: points between groups of three digits are allowed, as in `1.234,56`.
    """
    text = cleaned(text)
    if is_grouped:
        grouped = matches(text, rf"[+-]?[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?:{sign}[0-9]*)?")
        text = pc.if_else(grouped, pc.replace_substring(text, ".", ""), text)
    text = pc.if_else(pc.match_substring(text, "."), "?", text)
    return pc.replace_substring(text, sign, ".")


def whole(text: pa.Array, kind: Kind, notation: Notation) -> Typed:
    """Return texts as whole numbers."""
    return in_parts(
        text,
        lambda part: _canonical(part, kind),
        lambda part: _exact_whole(part, kind, notation),
    )


def _canonical(text: pa.Array, kind: Kind) -> pa.Array | None:
    """Return whole numbers, if each text is the usual text of its number."""
    values = cast(text, kind.arrow)
    # Arrow reads `007` and `0x1F`, too.
    is_same = values is not None and pc.all(pc.equal(values.cast(pa.string()), text))
    return values if is_same and is_same.as_py() is not False else None


def _exact_whole(text: pa.Array, kind: Kind, notation: Notation) -> Typed:
    text = pc.replace_substring_regex(plain(text, notation), r"^(-?[0-9]+)\.0+$", r"\1")
    highest, lowest = str(2**63 - 1), str(-(2**63))
    is_long = matches(text, "[1-9][0-9]{18}"), matches(text, "-[1-9][0-9]{18}")
    fits = pc.or_(
        matches(text, "-?(?:0|[1-9][0-9]{0,17})"),
        pc.or_(
            pc.and_(is_long[0], pc.less_equal(text, highest)),
            pc.and_(is_long[1], pc.less_equal(text, lowest)),
        ),
    )
    numbers = checked(text, fits, lambda kept: kept.cast(pa.int64()))
    most = _MAX[kind.name]
    in_range = pc.and_(
        pc.less_equal(numbers.values, most), pc.greater_equal(numbers.values, -most - 1)
    )
    return checked(
        numbers.values,
        pc.and_(pc.fill_null(fits, TRUE), pc.fill_null(in_range, TRUE)),
        lambda kept: kept.cast(kind.arrow),
    )


def decimals(text: pa.Array, kind: Kind, notation: Notation) -> Typed:
    """Return texts as decimals: zeros at the end are no digits."""
    text = plain(text, notation)
    text = pc.replace_substring_regex(text, r"(\.[0-9]*[1-9])0+$", r"\1")
    text = pc.replace_substring_regex(text, r"^(-?[0-9]+)\.0+$", r"\1")
    text = pc.replace_substring_regex(text, r"^(-?)\.0+$", r"\10")
    precision, scale = kind.sizes
    before = f"0|[1-9][0-9]{{0,{precision - scale - 1}}}" if precision > scale else "0"
    after = rf"\.[0-9]{{1,{scale}}}"
    pattern = f"-?(?:(?:{before})(?:{after})?|{after})" if scale else f"-?(?:{before})"
    return checked(text, matches(text, pattern), lambda kept: kept.cast(kind.arrow))


def floating(text: pa.Array, kind: Kind, notation: Notation) -> Typed:
    """Return texts as floating-point numbers.

    The shortest text of the value must be the same number as the text.
    """
    text = cleaned(text)
    pattern = rf"-?(?:{_FIXED}|{_SCIENTIFIC})|{_NO_NUMBER}"
    if notation is not Notation.TEXT:
        pattern = rf"-?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?|{_NO_NUMBER}"
        text = pc.replace_substring_regex(text, r"^\+([0-9.])", r"\1")
    number = checked(text, matches(text, pattern), lambda kept: kept.cast(kind.arrow))
    kept = text if number.misfits is None else without(text, number.misfits)
    inexact = _inexact(kept, number.values, kind, notation)
    if not len(inexact):
        return number
    flags = (number.misfits or pa.array([False] * len(text))).to_numpy(zero_copy_only=False).copy()
    flags[inexact] = True
    return checked(number.values, pc.invert(pa.array(flags)), lambda values: values)


def _inexact(text: pa.Array, values: pa.Array, kind: Kind, notation: Notation) -> list[int]:
    """Return the positions of values that are not the number that their text is."""
    # Few digits and a small exponent are always exact. Only other texts need a comparison.
    digits = _DIGITS[kind.name]
    is_short = pc.less_equal(pc.binary_length(text), digits)
    exponent = "[eE]" if kind.name == "float" else "[eE][+-]?[0-9]{3}"
    is_plain = pc.invert(pc.match_substring_regex(text, exponent))
    left = pc.indices_nonzero(pc.invert(pc.fill_null(pc.and_(is_short, is_plain), TRUE)))
    if not len(left):
        return []
    texts, numbers = text.take(left), values.take(left)
    shortest = numbers.cast(pa.string())
    unequal = pc.indices_nonzero(pc.not_equal(texts, shortest))
    pairs = zip(
        left.take(unequal).to_pylist(),
        texts.take(unequal).to_pylist(),
        zip(shortest.take(unequal).to_pylist(), numbers.take(unequal).to_pylist(), strict=True),
        strict=True,
    )
    return [position for position, one, other in pairs if not _is_same(one, other, notation)]


def _is_same(text: str, value: tuple[str, float], notation: Notation) -> bool:
    """Return whether a text is the number of a value, which is given as text and number."""
    shortest, number = value
    try:
        one, other = Decimal(text), Decimal(shortest)
    except InvalidOperation:  # an exponent beyond all bounds
        return False
    if not one.is_finite():
        return one.is_nan() == other.is_nan()
    is_declared = notation is Notation.DECLARED and other.is_finite()
    return one == other or (is_declared and one == Decimal(f"{number:.17g}"))


def plain(text: pa.Array, notation: Notation) -> pa.Array:
    """Return numbers without signs, zeros and exponents that their notation allows."""
    text = cleaned(text)
    if notation is Notation.TEXT:
        return text
    has_exponent = matches(text, r"[+-]?[0-9]*\.?[0-9]+[eE][+-]?[0-9]+")
    if pc.any(has_exponent).as_py():
        pairs = zip(text.to_pylist(), has_exponent.to_pylist(), strict=True)
        text = pa.array([_fixed(one) if found else one for one, found in pairs], pa.string())
    if notation is Notation.DECLARED:
        text = pc.replace_substring_regex(text, r"^\+([0-9.])", r"\1")
        text = pc.replace_substring_regex(text, r"^(-?)0+([0-9])", r"\1\2")
    return text


def _fixed(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds
        return text
    is_small = not number or abs(number.adjusted()) < _PLAIN_EXPONENT
    return f"{number:f}" if is_small else text
