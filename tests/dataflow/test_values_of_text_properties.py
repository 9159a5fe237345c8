"""Generated texts: what fits can be read back, and what software prints fits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, localcontext
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.values.kinds import parsed
from dataflow.values.typing import text_of, typed
from tests.dataflow.value_samples import (
    BITS,
    DECIMALS,
    bounded,
    columns,
    number_of,
    time_texts,
    values_of,
)

EPOCH = datetime.fromisoformat("1970-01-01")
TIMES = ("date", "timestamp")
NUMBERS = (*BITS, "float", "double", *DECIMALS)
KINDS = (*NUMBERS, *TIMES, "boolean", "string")


def fitting(texts: list[str | None], kind: str) -> list[tuple[str, Any]]:
    """Return the texts that fit, with their values, if a text is no missing value."""
    found = typed(pa.array(texts, pa.string()), kind)
    misfits = [False] * len(texts) if found.misfits is None else found.misfits.to_pylist()
    found.values.validate(full=True)
    values = found.values.to_pylist()
    assert all(value is None for value, wrong in zip(values, misfits, strict=True) if wrong)
    pairs = [
        (text, value)
        for text, value, wrong in zip(texts, values, misfits, strict=True)
        if text is not None and not wrong
    ]
    blanks = [text for text, value in pairs if value is None]
    assert all(not text.strip() for text in blanks), "a text that is no value is a misfit"
    return [(text, value) for text, value in pairs if value is not None]


def looks_like_a_code(text: str) -> bool:
    """Return whether nobody prints a number like this."""
    return bool(re.match(r"[+]|-?0[0-9]", text)) or not text.isascii() or "_" in text


@pytest.mark.parametrize("kind", NUMBERS)
@bounded
@given(texts=columns)
def test_a_number_that_fits_is_the_number_of_its_text(kind: str, texts: list[str | None]) -> None:
    for text, value in fitting(texts, kind):
        assert not looks_like_a_code(text.strip())
        number = number_of(text)
        assert number is not None
        shown = pa.array([value], parsed(kind).arrow).cast(pa.string())[0].as_py()
        with localcontext(prec=1000):
            assert number == Decimal(shown) or (number.is_nan() and value != value)  # noqa: PLR0124


@pytest.mark.parametrize("kind", TIMES)
@bounded
@given(texts=columns)
def test_a_time_that_fits_is_the_time_that_python_and_duckdb_read(
    kind: str, texts: list[str | None]
) -> None:
    found = fitting(texts, kind)
    query = "SELECT epoch_us(try_cast(? AS TIMESTAMP)), epoch_us(try_cast(? AS TIMESTAMPTZ))"
    for text, value in found:
        moment = datetime.fromisoformat(text.strip())
        is_zoned = moment.tzinfo is not None
        utc = moment.astimezone(UTC).replace(tzinfo=None) if is_zoned else moment
        assert str(value) == str(utc)[: len(str(value))]
        assert kind == "timestamp" or utc.time() == time()
        read = connection().execute(query, [text.strip()] * 2).fetchone() or ()
        # DuckDB reads no zone after minutes.
        assert read[is_zoned] in (None, (utc - EPOCH) // timedelta(microseconds=1)), text


def connection() -> duckdb.DuckDBPyConnection:
    """Return a connection in UTC."""
    found = duckdb.default_connection()
    found.execute("SET TimeZone = 'UTC'")
    return found


@bounded
@given(texts=columns)
def test_a_text_is_true_or_false_only_by_name(texts: list[str | None]) -> None:
    for text, value in fitting(texts, "boolean"):
        assert text.strip().lower() == str(value).lower()


@pytest.mark.parametrize("kind", KINDS)
@bounded
@given(data=st.data())
def test_each_value_of_a_type_fits_as_the_text_that_arrow_prints(
    kind: str, data: st.DataObject
) -> None:
    values = data.draw(st.lists(values_of(kind), min_size=1, max_size=30))
    column = pa.array(values, parsed(kind).arrow)
    shown = pa.array([text_of(column, position) for position in range(len(column))], pa.string())

    found = typed(shown, kind)

    assert found.misfits is None
    assert repr(found.values.to_pylist()) == repr(column.to_pylist())


@bounded
@given(values=st.lists(values_of("double"), min_size=1, max_size=30))
def test_each_float_fits_as_the_text_that_python_prints(values: list[float]) -> None:
    found = typed(pa.array(map(repr, values), pa.string()), "double")
    assert found.misfits is None
    assert repr(found.values.to_pylist()) == repr(values)


@bounded
@given(texts=st.lists(time_texts(), min_size=1, max_size=30))
def test_each_iso_timestamp_fits(texts: list[str]) -> None:
    assert typed(pa.array(texts), "timestamp").misfits is None


@pytest.mark.parametrize("kind", KINDS)
@bounded
@given(texts=columns)
def test_the_other_values_of_a_column_do_not_matter(kind: str, texts: list[str | None]) -> None:
    together = typed(pa.array(texts, pa.string()), kind)
    for position, text in enumerate(texts):
        alone = typed(pa.array([text], pa.string()), kind)
        assert repr(alone.values[0].as_py()) == repr(together.values[position].as_py()), text
        is_misfit = together.misfits is not None and together.misfits[position].as_py()
        assert (alone.misfits is not None) == is_misfit, text


@pytest.mark.parametrize("kind", KINDS)
def test_a_misfit_in_a_long_column_changes_no_other_value(kind: str) -> None:
    texts = {"date": "2026-01-02", "timestamp": "2026-01-02T03:04:05Z", "boolean": "true"}
    good = texts.get(kind, "0.5" if kind == "decimal(3,3)" else "7")
    column = [good] * 20_000
    column[12_345] = "A7"
    found = typed(pa.array(column), kind)
    if kind == "string":
        assert found.misfits is None
    else:
        assert found.misfits is not None
        assert found.misfits.to_pylist() == [text == "A7" for text in column]
        assert len(found.values.drop_null().unique()) == 1
        assert found.values.null_count == 1
