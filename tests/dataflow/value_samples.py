"""Samples: generated texts and values for the tests of types."""

from __future__ import annotations

import os
import struct
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# More for a longer search: DATAFLOWXPRESS_EXAMPLES=5000 make check.
EXAMPLES = int(os.environ.get("DATAFLOWXPRESS_EXAMPLES", "8"))
bounded = settings(
    max_examples=EXAMPLES,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

BITS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
DECIMALS = ("decimal(5,2)", "decimal(38,18)", "decimal(18,0)", "decimal(3,3)", "decimal(38,0)")
SCALARS = (*BITS, "float", "double", *DECIMALS, "date", "timestamp", "boolean", "string", "binary")

integers = st.one_of(
    st.integers(-300, 300),
    st.integers(-(2**64), 2**64),
    st.sampled_from(
        [
            sign * 2**bits + one
            for bits in (7, 15, 31, 53, 63)
            for sign in (1, -1)
            for one in (-1, 0, 1)
        ]
    ),
)
floats = st.one_of(
    st.floats(),
    st.floats(width=32),
    st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]),
    st.decimals(-10000, 10000, places=2).map(float),
)
decimals = st.one_of(
    st.decimals(-10000, 10000, places=2),
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=18
    ),
    st.integers(-(10**40), 10**40).map(Decimal),
)
times = st.datetimes(datetime.fromisoformat("0001-01-03"), datetime.fromisoformat("9999-12-29"))
zones = st.one_of(
    st.none(),
    st.just(UTC),
    st.integers(-18 * 60, 18 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@st.composite
def time_texts(draw: st.DrawFn) -> str:
    """Return a timestamp as ISO 8601, with or without a fraction and a zone."""
    moment = draw(times).replace(tzinfo=draw(zones))
    spec = draw(st.sampled_from(["auto", "minutes", "seconds", "milliseconds", "microseconds"]))
    text = moment.isoformat(draw(st.sampled_from("T ")), spec)
    if moment.tzinfo is UTC and draw(st.booleans()):
        text = text.removesuffix("+00:00") + "Z"
    return text


def _changed(text: str, other: str, at: int) -> str:
    """Return a text with one part replaced."""
    position = at % (len(text) + 1)
    return text[:position] + other + text[position + len(other) :]


canonical = st.one_of(
    integers.map(str),
    floats.map(repr),
    decimals.map(lambda value: f"{value:f}"),
    st.dates().map(str),
    time_texts(),
    st.booleans().map(lambda value: str(value).lower()),
)
_parts = st.sampled_from([*"0123456789+-.,eExXdDfF_: TZ", "00", "e5", ".0", "NaN", "inf", ""])
texts = st.one_of(
    canonical,
    st.builds(_changed, canonical, _parts, st.integers(0, 40)),
    st.lists(_parts, max_size=12).map("".join),
    st.text(max_size=6).filter(lambda text: text.isprintable()),
)
columns = st.lists(st.one_of(st.none(), texts), min_size=1, max_size=40)


def number_of(text: str) -> Decimal | None:
    """Return the number of a text, as Python reads it."""
    try:
        return Decimal(text.strip())
    except ArithmeticError:
        return None


def values_of(kind: str) -> st.SearchStrategy[Any]:
    """Return values of a scalar type of the catalog, as Python has them."""
    if kind in BITS:
        return st.integers(-(2 ** BITS[kind]), 2 ** BITS[kind] - 1)
    if kind.startswith("decimal"):
        precision, scale = map(int, kind[8:-1].split(","))
        digits = st.integers(-(10**precision) + 1, 10**precision - 1)
        return digits.map(lambda number: Decimal(f"{number}E-{scale}"))
    return {
        "float": st.floats(width=32),
        "double": floats,
        "date": st.dates(),
        "timestamp": times,
        "boolean": st.booleans(),
        "string": st.text(),
        "binary": st.binary(),
    }[kind]
