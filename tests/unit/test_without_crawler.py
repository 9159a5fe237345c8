"""Without a crawler: uploads start the job, and the operator waits for no crawl."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec, mistakes
from dataflowxpress.aws.resources import (
    Alarm,
    Classifier,
    Crawler,
    EventSource,
    Job,
    Notification,
    Queue,
    Rule,
)
from dataflowxpress.blueprint import blueprint
from dataflowxpress.blueprint.redrive_policy import RedrivePolicy
from dataflowxpress.cli.cost import estimate
from dataflowxpress.cli.log_sources import Part, sources
from dataflowxpress.dataplane.freshness import data_current
from dataflowxpress.dataplane.observation import Observation
from dataflowxpress.dataplane.queues import Queues
from dataflowxpress.dataplane.recovery import RecoveryAction, unfinished_work
from dataflowxpress.planning.resource import Resource, Scope, only

from .conftest import settings_of
from .test_recovery import observation, run, upload

SCOPE = Scope("default/orders", "123456789012", "eu-west-1")
COLUMNS = [{"name": "id", "type": "bigint"}]


def resources(**spec: Any) -> list[Resource]:
    described = {"crawler": {"when": "Never"}, "source": {"columns": COLUMNS}} | spec
    return blueprint(DataPipelineSpec.model_validate(described), SCOPE)


def observed(*pending: Any, **more: Any) -> Observation:
    return dataclasses.replace(observation(*pending, **more), crawls="Never")


def test_an_upload_starts_the_job() -> None:
    found = resources(source={"columns": COLUMNS, "suffix": ".csv"})
    queue = only(found, Notification).queue
    (source,) = (
        each for each in found if isinstance(each, EventSource) and each.queue.name == queue.name
    )
    settings = settings_of(source.function)
    assert (source.function.name, source.window_seconds) == ("default-orders-start-job", 20)
    assert (settings["PREFIX"], settings["SUFFIX"]) == ("csv_data/", ".csv")
    assert only(found, Job).arguments["--crawls"] == "Never"
    assert Queues.of(found) == (queue, queue, (queue,))


def test_uploads_wait_as_long_as_a_run_with_all_its_retries_can_last() -> None:
    found = resources(job={"timeoutMinutes": 600, "maxRetries": 2})
    spec = DataPipelineSpec.model_validate({"job": {"timeoutMinutes": 600, "maxRetries": 2}})
    policy = RedrivePolicy.for_runs(spec.job, 20)
    queue = only(found, Notification).queue
    assert (queue.attempts, queue.visibility_seconds) == (policy.attempts, 380)


def test_nothing_is_left_that_only_a_crawl_needs() -> None:
    kinds = (Crawler, Classifier)
    assert not [each for each in resources() if isinstance(each, kinds)]
    named = {each.name for each in resources() if isinstance(each, (Queue, Rule, Alarm))}
    assert not [name for name in named if "crawl" in name]


@pytest.mark.parametrize("columns", [[], [{"name": "id"}], [*COLUMNS, {"name": "more"}]])
def test_each_column_needs_a_type(columns: list[dict[str, str]]) -> None:
    spec = {"crawler": {"when": "Never"}, "source": {"columns": columns}}
    (found,) = mistakes(DataPipelineSpec, spec)
    assert found == (
        'spec.crawler.when: "Never" is invalid: without a crawler, only declared columns can have'
        " types; list all columns in source.columns, each with its type"
    )


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (observed(upload(0)), "1 object is not converted, and no run started"),
        (observed(upload(5), runs=(run(2),)), "1 object is not converted, and no run started"),
        (observed(upload(0), runs=(run(2),)), "1 object is not converted after the last run"),
    ],
)
def test_objects_that_wait_get_a_run(seen: Observation, expected: str) -> None:
    work = unfinished_work(seen)
    assert work
    assert (work.message, work.action) == (expected, RecoveryAction.RUN)


def test_a_run_that_converted_all_leaves_no_work() -> None:
    done = observed(runs=(run(2),))
    assert unfinished_work(done) is None
    assert data_current(DataPipelineSpec(), done, None).holds


def test_logs_and_costs_have_no_crawl() -> None:
    found = resources()
    assert {each.of for each in sources(found, "jr_1")} == {Part.job, Part.functions}
    costs = {each.name: each.usd for each in estimate.monthly(found, estimate.Workload(3600))}
    assert costs["crawls"] == 0
    assert costs["runs of the job"] > 0
