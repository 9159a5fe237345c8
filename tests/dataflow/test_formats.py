"""Declared formats of dates and timestamps."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.reading.records import Number
from dataflow.values.formats import BadFormat, compiled
from dataflow.values.typing import TextRule, typed
from tests.dataflow.value_samples import bounded

MISFIT = object()
at = datetime.fromisoformat
CASES: list[tuple[str, str, str, Any]] = [
    ("date", "dd.MM.yyyy", "05.03.2026", date(2026, 3, 5)),
    ("date", "dd.MM.yyyy", " 05.03.2026 ", date(2026, 3, 5)),
    ("date", "dd.MM.yyyy", "5.3.2026", MISFIT),
    ("date", "dd.MM.yyyy", "31.02.2026", MISFIT),
    ("date", "dd.MM.yyyy", "2026-03-05", MISFIT),
    ("date", "d.M.y", "5.3.2026", date(2026, 3, 5)),
    ("date", "MM/dd/yy", "03/05/26", date(2026, 3, 5)),
    ("date", "yyyyMMdd", "20260305", date(2026, 3, 5)),
    ("date", "d MMM yyyy", "5 mar 2026", date(2026, 3, 5)),
    ("date", "d MMM yyyy", "5 \u017fep 2026", MISFIT),
    ("date", "MMMM d, yyyy", "March 5, 2026", date(2026, 3, 5)),
    ("date", "d 'of' MMMM yyyy", "5 of May 2026", date(2026, 5, 5)),
    ("date", "dd.MM.yyyy HH:mm", "05.03.2026 00:00", date(2026, 3, 5)),
    ("date", "dd.MM.yyyy HH:mm", "05.03.2026 10:30", MISFIT),
    ("timestamp", "dd.MM.yyyy HH:mm:ss", "05.03.2026 10:30:59", at("2026-03-05T10:30:59")),
    ("timestamp", "dd.MM.yyyy HH:mm:ss", "05.03.2026 24:30:59", MISFIT),
    ("timestamp", "M/d/yyyy h:mm a", "3/5/2026 12:30 AM", at("2026-03-05T00:30:00")),
    ("timestamp", "M/d/yyyy h:mm a", "3/5/2026 1:30 pm", at("2026-03-05T13:30:00")),
    ("timestamp", "M/d/yyyy h:mm a", "3/5/2026 13:30 pm", MISFIT),
    ("timestamp", "yyyyMMdd HHmmss,SSS", "20260305 103059,250", at("2026-03-05T10:30:59.250")),
    ("timestamp", "yyyy-MM-dd'T'HH:mmXXX", "2026-03-05T10:30+02:00", at("2026-03-05T08:30:00")),
    (
        "timestamp",
        "dd/MMM/yyyy:HH:mm:ss Z",
        "05/Mar/2026:10:30:00 -0500",
        at("2026-03-05T15:30:00"),
    ),
    ("timestamp", "yyyy-MM-dd HH:mm:ss z", "2026-03-05 10:30:00 UTC", at("2026-03-05T10:30:00")),
    ("timestamp", "yyyy-MM-dd HH:mm:ss z", "2026-03-05 10:30:00 CET", MISFIT),
    ("timestamp", "yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2026-03-05 10:30:00.123456789", MISFIT),
    ("timestamp", "epochSeconds", "1714557600", at("2024-05-01T10:00:00")),
    ("timestamp", "epochSeconds", "1714557600.25", at("2024-05-01T10:00:00.25")),
    ("timestamp", "epochSeconds", "1.7145576E9", at("2024-05-01T10:00:00")),
    ("timestamp", "epochSeconds", "1714557600.0000001", MISFIT),
    ("timestamp", "epochMillis", "-1", at("1969-12-31T23:59:59.999")),
    ("timestamp", "epochMillis", "99999999999999999", MISFIT),
    ("timestamp", "epochMillis", "2024-05-01", MISFIT),
    ("date", "epochSeconds", "1714521600", date(2024, 5, 1)),
    ("date", "epochSeconds", "1714521601", MISFIT),
]


@pytest.mark.parametrize(("kind", "pattern", "text", "expected"), CASES)
def test_a_text_is_read_in_its_declared_format(
    kind: str, pattern: str, text: str, expected: Any
) -> None:
    found = typed(pa.array([text, None, ""]), kind, TextRule(format=pattern))
    if expected is MISFIT:
        assert found.misfits is not None
        assert found.misfits.to_pylist() == [True, False, False]
    else:
        assert found.misfits is None
        assert found.values.to_pylist() == [expected, None, None]


def test_a_number_can_be_a_date_in_a_declared_format() -> None:
    rule = TextRule(format="yyyyMMdd")
    for column in (pa.array([20260305]), pa.array([Decimal(20260305)]), [Number("20260305")]):
        assert typed(column, "date", rule).values.to_pylist() == [date(2026, 3, 5)]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("dd.MM.YYYY", "'YYYY' is unknown; the letters are"),
        ("dd.MM.yyyyy", "'yyyyy' is unknown"),
        ("EEE dd.MM.yyyy", "'EEE' is unknown"),
        ("dd.MM", "has no year; add it"),
        ("", "has no year; add it"),
        ("dd.MM.yyyy dd", "has the day twice"),
        ("dd.MM.yyyy hh:mm", "has a half without noon"),
        ("dd.MM.yyyy mm", "has a minute without hour"),
        ("dd.MM.yyyy 'at", "the quote at 12 has no end"),
        ("dd.MM.yyyy HH hh a", "both H and h"),
    ],
)
def test_a_format_that_cannot_work_is_refused_with_the_reason(pattern: str, message: str) -> None:
    with pytest.raises(BadFormat, match=message.replace("'", ".")):
        compiled(pattern)


PATTERNS = {
    "dd.MM.yyyy HH:mm:ss.SSSSSS": "%d.%m.%Y %H:%M:%S.%f",
    "yyyyMMddHHmmssSSSSSS": "%Y%m%d%H%M%S%f",
    "MMM dd yyyy hh:mm:ss.SSSSSS a": "%b %d %Y %I:%M:%S.%f %p",
    "MMMM dd, yyyy 'at' HH'h'mm'm'ss.SSSSSS": "%B %d, %Y at %Hh%Mm%S.%f",
}


@pytest.mark.parametrize("pattern", PATTERNS)
@bounded
@given(moments=st.lists(st.datetimes(min_value=at("1000-01-01")), min_size=1, max_size=30))
def test_what_python_prints_in_a_format_is_read_back(pattern: str, moments: list[datetime]) -> None:
    texts = pa.array([moment.strftime(PATTERNS[pattern]) for moment in moments])
    found = typed(texts, "timestamp", TextRule(format=pattern))
    assert found.misfits is None
    assert found.values.to_pylist() == moments
