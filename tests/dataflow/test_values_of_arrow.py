"""Values of Parquet, ORC and Avro in the types of the catalog: no cast loses anything."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.values.kinds import parsed
from dataflow.values.typing import TextRule, reason, text_of, typed
from tests.dataflow.value_samples import SCALARS, bounded, integers, values_of

MISFIT = object()
MICROSECONDS = {
    unit: Fraction(10) ** power for unit, power in {"s": 6, "ms": 3, "us": 0, "ns": -3}.items()
}
DAY = 86_400 * 10**6
YEARS = (-62_135_596_800_000_000, 253_402_300_799_999_999)
INTEGERS = [
    pa.int8(),
    pa.int16(),
    pa.int32(),
    pa.int64(),
    pa.uint8(),
    pa.uint16(),
    pa.uint32(),
    pa.uint64(),
]
DECIMALS = [pa.decimal128(5, 2), pa.decimal128(38, 10), pa.decimal128(20, 0), pa.decimal256(50, 20)]
TIMES = [
    pa.timestamp(unit, zone) for unit in MICROSECONDS for zone in (None, "UTC", "Europe/Berlin")
]
NUMBERS = [*INTEGERS, pa.float32(), pa.float64(), *DECIMALS]
SOURCES = [*NUMBERS, *TIMES, pa.date32(), pa.date64(), pa.bool_()]
at = datetime.fromisoformat
TS = pa.timestamp("us")
CASES: list[tuple[pa.DataType, Any, str, Any]] = [
    (pa.float64(), 7.9, "bigint", MISFIT),
    (pa.float64(), 8.0, "bigint", 8),
    (pa.float64(), 2.0**63, "bigint", MISFIT),
    (pa.float64(), -(2.0**63), "bigint", -(2**63)),
    (pa.float64(), 16777217.0, "float", MISFIT),
    (pa.float32(), 0.10000000149011612, "double", 0.10000000149011612),
    (pa.float64(), 1.1, "decimal(10,2)", Decimal("1.10")),
    (pa.decimal128(10, 4), Decimal("1.2599"), "decimal(10,2)", MISFIT),
    (pa.decimal128(10, 4), Decimal("1.2500"), "decimal(10,2)", Decimal("1.25")),
    (pa.decimal128(10, 2), Decimal("7.99"), "bigint", MISFIT),
    (pa.decimal128(38, 10), Decimal("1E-10"), "string", "0.0000000001"),
    (pa.int64(), 2**53 + 1, "double", MISFIT),
    (pa.uint64(), 2**64 - 1, "bigint", MISFIT),
    (pa.uint64(), 2**64 - 1, "decimal(20,0)", Decimal(2**64 - 1)),
    (pa.uint64(), 2**63 - 1, "bigint", 2**63 - 1),
    (pa.int64(), 90210, "string", "90210"),
    (pa.string(), "01234", "bigint", MISFIT),
    (pa.int64(), 1714557600000, "timestamp", MISFIT),
    (pa.int64(), 1714557600000, "date", MISFIT),
    (pa.int64(), 1, "boolean", MISFIT),
    (pa.bool_(), True, "int", MISFIT),
    (pa.bool_(), True, "string", "true"),
    (TS, at("2024-05-02T13:14:15"), "date", MISFIT),
    (TS, at("2024-05-02T13:14:15"), "string", "2024-05-02 13:14:15"),
    (TS, at("2024-05-02T13:14:15.120"), "string", "2024-05-02 13:14:15.12"),
    (pa.timestamp("us", "UTC"), at("2024-05-02T13:14:15"), "string", "2024-05-02 13:14:15Z"),
    (pa.timestamp("ns"), 1714557600123456789, "timestamp", MISFIT),
    (pa.timestamp("ns"), 1714557600123456789, "string", "2024-05-01 10:00:00.123456789"),
    (pa.timestamp("ns"), 1714557600123456000, "timestamp", at("2024-05-01T10:00:00.123456")),
    (pa.timestamp("s"), 2**62, "timestamp", MISFIT),
    (pa.date32(), at("2024-05-02").date(), "timestamp", at("2024-05-02")),
    (pa.time64("us"), time(3, 4, 5), "string", "03:04:05"),
    (pa.duration("ms"), timedelta(seconds=-1.5), "string", "-PT1.5S"),
    (pa.binary(), b"\xff\xfeA", "string", MISFIT),
    (pa.binary(), b"\xc3\xa4", "string", "ä"),
    (pa.binary(4), b"\xff\x00\x00A", "binary", b"\xff\x00\x00A"),
    (pa.float16(), np.float16(1.5), "double", 1.5),
    (pa.dictionary(pa.int8(), pa.string()), "7", "int", 7),
    (pa.large_string(), "2024-05-02", "date", at("2024-05-02").date()),
    (pa.month_day_nano_interval(), (1, 2, 3), "string", MISFIT),
    (pa.list_(pa.int64()), [1], "bigint", MISFIT),
    (pa.int64(), 1, "struct<a:int>", MISFIT),
]


@pytest.mark.parametrize(("source", "value", "kind", "expected"), CASES)
def test_a_value_of_another_type_fits_only_without_a_loss(
    source: pa.DataType, value: Any, kind: str, expected: Any
) -> None:
    found = typed(pa.array([None, value], source), kind)

    assert found.values.type == parsed(kind).arrow
    assert found.values.null_count == (2 if expected is MISFIT else 1)
    if expected is MISFIT:
        assert found.misfits is not None
        assert found.misfits.to_pylist() == [False, True]
    else:
        assert found.misfits is None
        assert found.values[1].as_py() == expected


def test_numbers_are_times_only_by_a_declared_format() -> None:
    columns = [pa.array([1714557600000]), pa.array([1714557600000.0]), pa.array(["1714557600000"])]
    for column in columns:
        found = typed(column, "timestamp", TextRule(format="epochMillis"))
        assert found.values.to_pylist() == [at("2024-05-01T10:00:00")]


def test_a_reason_shows_values_of_arrow_as_text() -> None:
    column = pa.array([b"\xff\xfeA"])
    assert text_of(column, 0) == "0xfffe41"
    assert reason(column[0], "string") == "'0xfffe41' is not valid UTF-8"
    assert reason(pa.scalar(7.9), "bigint") == "'7.9' is not a valid bigint"
    nanos = pa.array([1714557600123456789], pa.timestamp("ns"))[0]
    assert reason(nanos, "timestamp") == "'2024-05-01 10:00:00.123456789' is not a valid timestamp"


def stored(source: pa.DataType) -> st.SearchStrategy[Any]:
    """Return values of an Arrow type, as `pa.array` takes them."""
    if pa.types.is_boolean(source):
        return st.booleans()
    if pa.types.is_integer(source):
        bits = source.bit_width - pa.types.is_signed_integer(source)
        least = -(2**bits) if pa.types.is_signed_integer(source) else 0
        return integers.filter(lambda value: least <= value < 2**bits)
    if pa.types.is_floating(source):
        return st.floats(width=source.bit_width) | integers.map(float).filter(
            lambda value: source.bit_width == 64 or value == float(np.float32(value))
        )
    if pa.types.is_decimal(source):
        digits = st.integers(-(10**source.precision) + 1, 10**source.precision - 1)
        few = st.integers(-(10**4), 10**4)
        return (digits | few).map(lambda number: Decimal(f"{number}E-{source.scale}"))
    if source == pa.date32():
        return st.integers(-800_000, 3_000_000) | st.integers(-(2**31), 2**31 - 1)
    steps = st.sampled_from([1, 10**3, 10**6, 10**9, 86_400, 86_400_000, DAY])
    moments = st.builds(_product, st.integers(-(10**6), 10**6), steps)
    return (moments | st.integers(-(2**63), 2**63 - 1)).filter(lambda one: abs(one) < 2**63)


def _product(number: int, step: int) -> int:
    return number * step


def micros(value: int, source: pa.DataType) -> Fraction:
    """Return a date or a timestamp in microseconds since 1970."""
    if source == pa.date32():
        return Fraction(value) * DAY
    return Fraction(value) * MICROSECONDS["ms" if source == pa.date64() else source.unit]


def number_text(value: Any, source: pa.DataType) -> Decimal:
    """Return a number as its shortest text has it."""
    if pa.types.is_floating(source):
        is_single = pa.types.is_float32(source)
        return Decimal(str(np.float32(value)) if is_single else repr(float(value)))
    return Decimal(value)


def is_same(value: Any, source: pa.DataType, found: Any, target: pa.DataType) -> bool:
    """Return whether two values of different types are equal, as the documentation defines it."""
    if pa.types.is_string(target):
        if source in NUMBERS:
            text = Decimal(found)
            shown = number_text(value, source)
            return text == shown or (text.is_nan() and shown.is_nan())
        return bool(found == str(value).lower())
    if pa.types.is_floating(source) and pa.types.is_floating(target):
        return bool(found == value) or (found != found and value != value)  # noqa: PLR0124
    if pa.types.is_integer(source) and pa.types.is_floating(target):
        return bool(np.isfinite(found)) and Fraction(found) == value
    if pa.types.is_floating(source) and pa.types.is_integer(target):
        return bool(np.isfinite(value)) and Fraction(value) == found
    with localcontext(prec=400):
        return number_text(value, source) == number_text(found, target)


@pytest.mark.parametrize("source", SOURCES, ids=str)
@bounded
@given(data=st.data())
def test_what_fits_can_be_converted_back(source: pa.DataType, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(SCALARS))
    values = data.draw(st.lists(st.none() | stored(source), min_size=1, max_size=30))
    column = pa.array(values, source)
    target = parsed(kind).arrow

    found = typed(column, kind)

    found.values.validate(full=True)
    assert found.values.type == target
    misfits = [False] * len(values) if found.misfits is None else found.misfits.to_pylist()
    for position, (value, wrong) in enumerate(zip(values, misfits, strict=True)):
        given = found.values[position]
        assert given.is_valid == (value is not None and not wrong)
        if value is None or wrong:
            continue
        if pa.types.is_temporal(source):
            check_time(value, source, given, target)
        else:
            assert source == pa.bool_() or source in NUMBERS
            assert target in (pa.bool_(), pa.string()) or source in NUMBERS
            assert is_same(value, source, given.as_py(), target)


def check_time(value: int, source: pa.DataType, given: pa.Scalar, target: pa.DataType) -> None:
    """Assert that a date or a timestamp is the one that it was."""
    moment = micros(value, source)
    if pa.types.is_string(target):
        text = given.as_py()
        assert text.endswith("Z") == (getattr(source, "tz", None) is not None)
        read = typed(pa.array([text]), "timestamp")
        if read.misfits is None:
            assert read.values.cast(pa.int64())[0].as_py() == moment
        else:
            assert moment.denominator != 1, "only nanoseconds do not fit"
        return
    assert target in (TS, pa.date32())
    assert YEARS[0] <= moment <= YEARS[1]
    day = target == pa.date32()
    number = given.cast(pa.int32() if day else pa.int64()).as_py()
    assert moment == number * (DAY if day else 1)


@pytest.mark.parametrize("kind", SCALARS)
@bounded
@given(data=st.data())
def test_each_value_fits_its_own_type_and_text(kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | values_of(kind), min_size=1, max_size=30))
    column = pa.array(values, parsed(kind).arrow)
    own = typed(column, kind)
    assert own.misfits is None
    assert repr(own.values.to_pylist()) == repr(column.to_pylist())
    assert kind == "binary" or typed(column, "string").misfits is None


def test_arrays_can_be_slices_of_others() -> None:
    column = pa.array(["x", "1", "2", "y"]).slice(1, 2)
    assert typed(column, "int").values.to_pylist() == [1, 2]
    assert re.fullmatch("2", text_of(column, 1) or "")
