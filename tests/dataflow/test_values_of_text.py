"""Texts in the types of the catalog: a text fits only if the value keeps all of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from dataflow.values.kinds import parsed
from dataflow.values.result import AS_WRITTEN
from dataflow.values.typing import TextRule, reason, typed

MISFIT = object()
at = datetime.fromisoformat
DECLARED = TextRule(is_declared=True)
CASES: list[tuple[str, str, Any]] = [
    *(("bigint", text, number) for text, number in {"1": 1, " 7 ": 7, "-0": 0, "1.0": 1}.items()),
    ("bigint", "9223372036854775807", 2**63 - 1),
    ("bigint", "-9223372036854775808", -(2**63)),
    *(
        ("bigint", text, MISFIT)
        for text in ("01234", "+4915112345678", "007", "7.9", "0x1F", "1e2")
    ),
    *(
        ("bigint", text, MISFIT)
        for text in ("9223372036854775808", "1_000", "1,000", "7\n", "\u0661", "5.")
    ),
    ("bigint", "", None),
    ("bigint", "  ", None),
    ("tinyint", "127", 127),
    ("tinyint", "128", MISFIT),
    ("smallint", "-32769", MISFIT),
    ("int", "2147483648", MISFIT),
    *(("double", text, float(text)) for text in ("1.5", "1.10", ".5", "1e-07", "1.0E10", "1E+05")),
    ("double", "0.8444218515250481", 0.8444218515250481),
    ("double", "-Infinity", float("-inf")),
    *(("double", text, MISFIT) for text in ("10D", "5f", "0x1p3", "713752e1", "12E34", "1_0")),
    *(
        ("double", text, MISFIT)
        for text in ("47583311587E590003", "1e999", "1.0e-999", "007", "+1")
    ),
    *(("double", text, MISFIT) for text in ("12345678901234567.89", "0.10000000000000001")),
    ("double", "9007199254740993", MISFIT),
    ("float", "16777217", MISFIT),
    ("float", "3.4028235e+38", float("3.4028234663852886e+38")),
    ("decimal(5,2)", "999.99", Decimal("999.99")),
    ("decimal(5,2)", "1.1000000000000000000000000000000000000000000", Decimal("1.10")),
    *(("decimal(5,2)", text, MISFIT) for text in ("1.239", "1000", "01.10", "1e2", "NaN")),
    ("decimal(2,2)", "0.25", Decimal("0.25")),
    ("decimal(38,0)", "9" * 38, Decimal("9" * 38)),
    ("decimal(38,0)", "9" * 39, MISFIT),
    ("date", "2024-02-29", date(2024, 2, 29)),
    ("date", "2026-01-02 00:00:00", date(2026, 1, 2)),
    *(("date", text, MISFIT) for text in ("2026-1-5", "2023-02-29", "2026-04-31", "0000-01-01")),
    *(("date", text, MISFIT) for text in ("2026-01-02 03:04:05", "20260102", "2026-Q1")),
    ("timestamp", "2026-01-02", at("2026-01-02")),
    ("timestamp", "2026-01-02T03:04:05.123456000Z", at("2026-01-02T03:04:05.123456")),
    ("timestamp", "2026-01-02 03:04:05+02:30", at("2026-01-02T00:34:05")),
    *(
        ("timestamp", text, MISFIT)
        for text in ("10:30", "2026-01-02T03:04:05.123456789", "1714557600")
    ),
    *(("timestamp", text, MISFIT) for text in ("2026-01-02 24:00:00", "0001-01-01T00:00:00+02:00")),
    ("boolean", "TRUE", True),
    *(("boolean", text, MISFIT) for text in ("1", "y", "t", "yes", "fal\u017fe")),
    ("string", " as it is ", " as it is "),
    ("string", "", ""),
    ("varchar(3)", "äöü", "äöü"),
    ("varchar(3)", "four", MISFIT),
    ("struct<a:int>", '{"a": 1}', {"a": 1}),
    ("struct<a:int>", '{"a": 1, "a": 2}', MISFIT),
    ("array<string>", "[1.10, null]", ["1.10", None]),
    ("array<string>", "none", MISFIT),
]


def value(text: str, kind: str, rule: TextRule = AS_WRITTEN) -> Any:
    """Return the value of a text in a column with other texts, or MISFIT."""
    found = typed(pa.array([None, text, None, text]), kind, rule)
    assert found.values.type == parsed(kind).arrow
    assert found.values[0].as_py() is None
    assert found.values[1] == found.values[3]
    if found.misfits is not None:
        assert found.misfits.to_pylist() == [False, True, False, True]
        assert found.values.null_count == 4
        return MISFIT
    return found.values[1].as_py()


@pytest.mark.parametrize(("kind", "text", "expected"), CASES)
def test_a_text_fits_only_if_nothing_of_it_is_lost(kind: str, text: str, expected: Any) -> None:
    assert value(text, kind) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("bigint", "01234", 1234),
        ("int", "+49", 49),
        ("int", "1e2", 100),
        ("double", "007.5", 7.5),
        ("double", "713752e1", 7137520.0),
        ("double", "0.10000000000000001", 0.1),
        ("double", "12345678901234567.89", MISFIT),
        ("double", "10D", MISFIT),
        ("int", "7.9", MISFIT),
        ("decimal(6,2)", "+0012.50", Decimal("12.50")),
    ],
)
def test_a_declared_number_can_have_zeros_a_sign_and_any_exponent(
    kind: str, text: str, expected: Any
) -> None:
    assert value(text, kind, DECLARED) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1,5", 1.5), ("-1.234,56", -1234.56), ("1.234", 1234.0), ("1.5", MISFIT), ("1,2,3", MISFIT)],
)
def test_a_declared_decimal_comma_makes_points_separators_of_thousands(
    text: str, expected: Any
) -> None:
    assert value(text, "double", TextRule(decimal=",", is_declared=True)) == expected


def test_the_comma_of_all_files_reads_no_point_in_numbers() -> None:
    assert value("1,5", "double", TextRule(decimal=",")) == 1.5
    assert value("1.234", "double", TextRule(decimal=",")) is MISFIT


def test_a_reason_names_the_value_and_the_type() -> None:
    assert reason("7.9", "int") == "'7.9' is not a valid int"
    assert reason("x" * 200, "int") == f"'{'x' * 100}' is not a valid int"
