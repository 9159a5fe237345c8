"""The cost of a pipeline: minimum durations, the batching window, and the page that shows it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import prices
from dataflowxpress.aws.dpus import dpu_seconds
from dataflowxpress.aws.prices import LISTED
from dataflowxpress.aws.resources import Job
from dataflowxpress.blueprint import artifacts, blueprint
from dataflowxpress.cli.app import app
from dataflowxpress.cli.cost import estimate, view
from dataflowxpress.cli.cost.estimate import MONTH, Workload
from dataflowxpress.cli.cost.price_file import price_list
from dataflowxpress.cli.cost.spent import of_crawls, of_runs
from dataflowxpress.cli.failures import Failure
from dataflowxpress.planning.resource import Resource, Scope, only

SCOPE = Scope("default/orders", "123456789012", "eu-west-1")


def pipeline(**spec: Any) -> list[Resource]:
    return blueprint(DataPipelineSpec.model_validate(spec), SCOPE)


def job(**spec: Any) -> Job:
    return only(pipeline(job=spec), Job)


def cost(name: str, items: list[estimate.Item]) -> float:
    return next(item.usd for item in items if item.name == name)


def test_a_crawl_is_billed_for_ten_minutes_at_least() -> None:
    assert estimate.crawl(seconds=20) == estimate.crawl(seconds=600)
    assert estimate.crawl(seconds=600) == pytest.approx(2 * 0.44 / 6)
    assert estimate.crawl(seconds=1200) == pytest.approx(2 * estimate.crawl())


def test_a_run_is_billed_for_a_minute_at_least_by_workers_type_and_class() -> None:
    assert estimate.run(job(), 5) == estimate.run(job(), 60) == pytest.approx(2 * 0.44 / 60)
    assert estimate.run(job(workers=3, workerType="G.2X"), 60) == pytest.approx(6 * 0.44 / 60)
    assert estimate.run(job(executionClass="FLEX"), 120) == pytest.approx(2 * 2 * 0.29 / 60)


@pytest.mark.parametrize(
    ("interval", "window", "seconds_between_runs"),
    [
        (3600, 20, 3600),  # each upload has its run
        (1, 20, 60),  # the next run waits for the last one
        (1, 300, 300),  # the window gathers uploads
        (600, 300, 600),
    ],
)
def test_uploads_share_a_run_within_a_window_and_during_a_run(
    interval: float, window: int, seconds_between_runs: float
) -> None:
    runs = Workload(interval, run_seconds=60).runs(window)
    assert runs == pytest.approx(MONTH / seconds_between_runs)


def test_crawls_are_paid_for_each_batch_or_for_new_columns_alone() -> None:
    work = Workload(interval=60, new_columns=2)
    paid = {
        when: cost("crawls", estimate.monthly(pipeline(crawler={"when": when}), work))
        for when in ("Always", "NewColumns")
    }
    assert paid["Always"] == pytest.approx(estimate.crawl(MONTH / 60))
    assert paid["NewColumns"] == pytest.approx(estimate.crawl(2))


def test_a_longer_window_makes_frequent_uploads_cheaper() -> None:
    found = [
        estimate.total(estimate.monthly(pipeline(trigger={"batchWindowSeconds": window}), work))
        for window in (20, 120, 300)
        for work in [Workload(interval=1)]
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] > 4 * found[-1]


def test_an_idle_pipeline_pays_for_alarms_and_polls_only() -> None:
    items = estimate.idle(pipeline())
    assert cost("alarms", items) == pytest.approx(0.40)
    assert cost("polls of the queues by Lambda", items) == pytest.approx(
        4 * 5 * MONTH / 20 * 0.40 / 1e6
    )
    assert estimate.total(estimate.idle(pipeline(suspend=True))) < estimate.total(items)


def test_only_calls_of_s3_and_sqs_cost_money_and_deletions_are_free() -> None:
    assert estimate.calls({("glue", "GetCrawler"): 1e6, ("s3", "DeleteObjects"): 1e6}) == 0
    assert estimate.calls({("s3", "ListObjectsV2"): 1000}) == pytest.approx(0.005)
    assert estimate.calls({("s3", "GetObject"): 1000}) == pytest.approx(0.0004)
    assert estimate.calls({("sqs", "GetQueueAttributes"): 1e6}) == pytest.approx(0.40)


RUN = {"ExecutionTime": 120, "MaxCapacity": 4.0, "WorkerType": "G.2X", "NumberOfWorkers": 2}


@pytest.mark.parametrize(
    ("run", "used"),
    [
        (RUN, 480),
        ({**RUN, "DPUSeconds": 100.5}, 101),  # FLEX or auto scaling
        ({**RUN, "MaxCapacity": None}, 480),
        ({"ExecutionTime": 60, "WorkerType": "Z.2X", "NumberOfWorkers": 2}, None),
        ({**RUN, "ExecutionTime": 0}, 0),
    ],
    ids=["capacity", "as reported", "workers", "an unknown worker", "never started"],
)
def test_the_dpu_seconds_of_a_run_are_those_that_aws_reports(
    run: dict[str, Any], used: int | None
) -> None:
    assert dpu_seconds(run) == used


def test_what_aws_reports_is_billed_with_its_minimum_duration() -> None:
    short = {"ExecutionTime": 6, "MaxCapacity": 2.0}
    found = of_runs([short, RUN], LISTED)
    assert found.number == 2
    assert found.dpu_hours == pytest.approx((120 + 480) / 3600)
    assert found.usd == pytest.approx(600 / 3600 * 0.44)
    flex = of_runs([{**RUN, "ExecutionClass": "FLEX", "DPUSeconds": 480.0}], LISTED)
    assert flex.usd == pytest.approx(480 / 3600 * 0.29)
    crawls = of_crawls([{"DPUHour": 0.02}, {"DPUHour": 1.0}, {}], LISTED)
    assert crawls.dpu_hours == pytest.approx(1 / 3 + 1 + 1 / 3)
    assert crawls.usd == pytest.approx(crawls.dpu_hours * 0.44)


PRICES = """
date: 2026-10-01
source: contract 7
regions:
  eu-west-1: {run: 0.22, crawl: 0.11}
"""


def test_a_price_file_replaces_the_list_prices_of_its_regions_only(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    own = price_list(file, "eu-west-1")
    assert (own.run.usd, own.crawl.usd, own.write) == (0.22, 0.11, LISTED.write)
    assert (own.region, own.date) == ("eu-west-1", "2026-10-01")
    assert "contract 7" in own.source
    assert price_list(file, "us-east-2") == LISTED
    work = Workload(interval=3600)
    assert cost("runs of the job", estimate.monthly(pipeline(), work, own)) == pytest.approx(
        cost("runs of the job", estimate.monthly(pipeline(), work)) / 2
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("date: 2026-10-01\nregions: {}", "source is missing"),
        ("date: soon\nsource: x\nregions: {}", "date: not a date"),
        (PRICES.replace("run:", "runs:"), "regions.eu-west-1.runs is unknown: use crawl, run"),
        (PRICES.replace("0.22", "cheap"), "regions.eu-west-1.run: 'cheap' is no price"),
        (PRICES.replace("0.22", "-1"), "regions.eu-west-1.run: -1 is no price"),
        (PRICES.replace("0.22", ".nan"), "regions.eu-west-1.run: nan is no price"),
        ("date: 2026-10-01\nsource: x\nregions: [1]", "regions: not a map"),
    ],
)
def test_a_mistake_in_a_price_file_names_the_field(
    tmp_path: Path, content: str, problem: str
) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(content)
    with pytest.raises(Failure) as raised:
        price_list(file, "eu-west-1")
    assert problem in str(raised.value)


def test_a_price_file_without_an_estimate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    answer = CliRunner().invoke(app, ["plan", "-f", "x.yaml", "--prices", str(file)])
    assert (answer.exit_code, "add --uploads-per-month" in answer.stderr) == (1, True)


def test_a_plan_names_the_sum_and_its_largest_part() -> None:
    items = estimate.monthly(pipeline(), Workload(MONTH / 730))
    head, *_ = view.in_plan(view.estimate("a/b", items, 730, LISTED, LISTED.region))
    largest = max(items, key=lambda item: item.usd)
    assert head.plain == (
        f"Cost: about ${estimate.total(items):,.2f} a month with 730 uploads;"
        f" the largest part: {largest.name}, ${largest.usd:,.2f}."
    )


def test_the_estimate_says_if_it_has_no_prices_of_the_region() -> None:
    items = estimate.monthly(pipeline(), Workload(MONTH / 100))
    text = "\n".join(
        line.plain for line in view.lines(view.estimate("a/b", items, 100, LISTED, "eu-west-1"))
    )
    assert f"{estimate.total(items):,.2f}" in text
    assert "No prices of eu-west-1 are given" in text
    same = view.lines(view.estimate("a/b", items, 100, LISTED, LISTED.region))
    assert not any("No prices" in line.plain for line in same)


def test_each_mail_costs_by_address() -> None:
    emails = {"emails": ["a@example.com", "b@example.com"]}
    items = estimate.monthly(pipeline(notifications=emails), Workload(interval=3600))
    assert cost("mails", items) == pytest.approx(730 * 2 * 2 / 100_000)


def test_the_page_shows_the_computed_tables() -> None:
    module = runpy.run_path(str(artifacts.path("tools/cost.py")))
    page = module["PAGE"].read_text()
    assert page == module["filled"](page), "run `make cost`"
    assert all(str(price) in page for price in prices.ALL)
