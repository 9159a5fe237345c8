"""The list of pipelines: state, uploads that wait, and age, on a terminal of 80 columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.timestamps import format_time
from dataflowxpress.cli.pipelines import listed, table

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def pipeline(name: str = "orders", age: int = 90, **status: Any) -> Pipeline:
    created = format_time(NOW - timedelta(seconds=age))
    return Pipeline({"metadata": {"name": name, "creationTimestamp": created}, "status": status})


def condition(kind: str, status: str, reason: str) -> dict[str, Any]:
    about = {"type": kind, "status": status, "reason": reason, "message": ""}
    return {**about, "observedGeneration": 1, "lastTransitionTime": ""}


def lines(*pipelines: Pipeline) -> list[str]:
    return [line.plain for line in table(pipelines, NOW)]


def test_a_line_has_state_waiting_uploads_and_age() -> None:
    conditions = [
        condition("Ready", "False", "Refused"),
        condition("DataCurrent", "False", "Waiting"),
    ]
    found = pipeline(conditions=conditions, data={"waiting": 12, "deadLetters": 0})
    head, line = lines(found)
    assert head.split() == ["name", "ready", "reason", "data", "waiting", "age"]
    assert line.split() == ["orders", "False", "Refused", "Waiting", "12", "90s"]


def test_a_pipeline_that_no_operator_has_seen_is_unknown() -> None:
    assert lines(pipeline())[1].split() == ["orders", "Unknown", "-", "-", "-", "90s"]


@pytest.mark.parametrize(
    ("seconds", "age"), [(0, "0s"), (119, "119s"), (120, "2m"), (7200, "2h"), (200_000, "2d")]
)
def test_the_age_has_one_unit(seconds: int, age: str) -> None:
    assert lines(pipeline(age=seconds))[1].split()[-1] == age


def test_the_longest_names_and_reasons_fit_80_columns() -> None:
    longest = {
        kind: max((r for r in Reason if kind in r.where.split(", ")), key=len)
        for kind in ("Ready", "DataCurrent")
    }
    conditions = [condition(kind, "Unknown", reason) for kind, reason in longest.items()]
    data = {"waiting": 9_999_999, "deadLetters": 0}
    names = ["a" * 60, "b" * 14]
    shown = lines(*(pipeline(name, 9_999, conditions=conditions, data=data) for name in names))
    assert max(map(len, shown)) <= 80
    assert [line.split()[0] for line in shown[1:]] == [names[0], "Unknown", names[1]]


def test_a_narrow_terminal_gets_each_pipeline_in_short_lines() -> None:
    conditions = [condition("Ready", "True", "Converged")]
    found = pipeline(conditions=conditions, data={"waiting": 3, "deadLetters": 0})
    assert [line.plain for line in listed([found], "data", 40, NOW)] == [
        "orders",
        "  ready True Converged",
        "  data -, 3 waiting",
        "  age 90s",
    ]
    assert [line.plain for line in listed([], "data", 40, NOW)] == ["No pipelines in data."]
    assert [line.plain for line in listed([found], "data", 80, NOW)] == lines(found)
