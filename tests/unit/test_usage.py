"""Usage: the runs and crawls of the last day, from which the page computes a cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataflowxpress.api.status import Crawl, Data, Run, Status, Usage
from dataflowxpress.aws.prices import LISTED
from dataflowxpress.aws.usage import last_day, usage_after
from dataflowxpress.ui.overview import usd

NOW = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)


def run(name: str, started: str = "2026-01-02T12:10:00Z", **more: Any) -> Run:
    figures = {"state": "SUCCEEDED", "seconds": 30, "dpu_seconds": 60}
    return Run(id=name, started=started, **{**figures, **more})


def observed(*runs: Run, crawl: Crawl | None = None, before: Status | None = None) -> Status:
    """Return the status after a poll."""
    status = Status(runs=runs, last_crawl=crawl, data=Data(dead_letters=0))
    usage = usage_after(before or Status(), status, NOW)
    return status.model_copy(update={"usage": usage})


def test_a_run_counts_once_when_it_has_ended_and_for_a_minute_at_least() -> None:
    active = observed(run("a", state="RUNNING", seconds=10, dpu_seconds=20))
    assert active.usage == ()
    ended = observed(run("a"), before=active)
    assert ended.usage == (Usage(hour="2026-01-02T12:00:00Z", runs=1, dpu_seconds=120),)
    assert observed(run("a"), before=ended).usage == ended.usage
    longer = observed(run("b", seconds=90, dpu_seconds=180), run("a"), before=ended)
    assert longer.usage == (Usage(hour="2026-01-02T12:00:00Z", runs=2, dpu_seconds=300),)


@pytest.mark.parametrize(
    "unbilled",
    [run("a", seconds=0, dpu_seconds=0), run("a", dpu_seconds=None)],
    ids=["never started", "without a capacity"],
)
def test_a_run_that_aws_does_not_bill_costs_nothing(unbilled: Run) -> None:
    status = observed(unbilled)
    assert [each.runs for each in status.usage] == [1]
    assert usd(status, NOW) == 0


def test_a_run_with_spare_capacity_has_its_own_price() -> None:
    status = observed(run("a", seconds=3600, dpu_seconds=7200, flex=True))
    assert usd(status, NOW) == pytest.approx(2 * LISTED.flex_run.usd)


def test_a_crawl_counts_once_when_it_has_ended() -> None:
    first = Crawl(state="Succeeded", started="2026-01-02T10:00:00Z")
    seen = observed(crawl=first)
    again = observed(crawl=first, before=seen)
    crawling = observed(crawl=Crawl(state="Running", started=first.started), before=again)
    second = Crawl(state="Failed", started="2026-01-02T12:00:00Z")
    found = observed(crawl=second, before=crawling)
    assert [each.crawls for each in found.usage] == [1, 1]
    assert usd(found, NOW) == pytest.approx(2 * 2 * LISTED.crawl.usd / 6, abs=0.01)


def test_hours_before_the_last_day_cost_nothing_and_go_with_the_next_run() -> None:
    before = Status()
    for hours in range(60, -1, -1):
        started = (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        before = observed(run(f"r{hours}", started), before=before)
    assert len(before.usage) == 25
    assert last_day(before.usage, NOW).runs == 24
    assert last_day(before.usage, NOW + timedelta(days=2)).runs == 0


def test_a_cost_is_unknown_before_the_first_observation() -> None:
    assert usd(Status(), NOW) is None
