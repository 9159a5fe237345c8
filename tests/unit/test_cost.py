"""The cost of a pipeline: minimum durations, the batching window, and the page that shows it."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Job
from dataflowxpress.blueprint import artifacts, blueprint
from dataflowxpress.cli.cost import estimate, prices
from dataflowxpress.cli.cost.estimate import MONTH, Workload
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
    ("interval", "window", "seconds_between_crawls"),
    [
        (3600, 20, 3600),  # each upload has its crawl
        (1, 20, 60),  # the next crawl waits for the last one
        (1, 300, 300),  # the window gathers uploads
        (600, 300, 600),
    ],
)
def test_uploads_share_a_crawl_within_a_window_and_during_a_crawl(
    interval: float, window: int, seconds_between_crawls: float
) -> None:
    crawls = Workload(interval, crawl_seconds=60).crawls(window)
    assert crawls == pytest.approx(MONTH / seconds_between_crawls)


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
    assert cost("alarms", items) == pytest.approx(0.30)
    assert cost("polls of the queues by Lambda", items) == pytest.approx(
        3 * 5 * MONTH / 20 * 0.40 / 1e6
    )
    assert estimate.total(estimate.idle(pipeline(suspend=True))) < estimate.total(items)


def test_only_calls_of_s3_and_sqs_cost_money_and_deletions_are_free() -> None:
    assert estimate.calls({("glue", "GetCrawler"): 1e6, ("s3", "DeleteObjects"): 1e6}) == 0
    assert estimate.calls({("s3", "ListObjectsV2"): 1000}) == pytest.approx(0.005)
    assert estimate.calls({("s3", "GetObject"): 1000}) == pytest.approx(0.0004)
    assert estimate.calls({("sqs", "GetQueueAttributes"): 1e6}) == pytest.approx(0.40)


def test_each_mail_costs_by_address() -> None:
    emails = {"emails": ["a@example.com", "b@example.com"]}
    items = estimate.monthly(pipeline(notifications=emails), Workload(interval=3600))
    assert cost("mails", items) == pytest.approx(730 * 2 * 2 / 100_000)


def test_the_page_shows_the_computed_tables() -> None:
    module = runpy.run_path(str(artifacts.path("tools/cost.py")))
    page = module["PAGE"].read_text()
    assert page == module["filled"](page), "run `make cost`"
    assert all(str(price) in page for price in prices.ALL)
