"""Metrics of pipelines: what Prometheus reads of their statuses."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from dataflowxpress.api.status import Condition, Data, ResourceStatus, Run, Status
from dataflowxpress.telemetry.pipelines import Pipelines

WHOSE = {"namespace": "shop", "name": "orders"}


class Scrape:
    """A Prometheus that looks at one operator."""

    def __init__(self) -> None:
        self.pipelines, self._registry = Pipelines(clock=lambda: 1000.0), CollectorRegistry()
        self._registry.register(self.pipelines)

    def observe(self, status: Status, *, compared: bool = True) -> None:
        self.pipelines.observe("shop", "orders", status, compared=compared)

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"dataflowxpress_pipeline_{name}", WHOSE | labels)

    def text(self) -> str:
        return generate_latest(self._registry).decode()


@pytest.fixture
def scrape() -> Scrape:
    return Scrape()


def condition(kind: str, status: str, reason: str, message: str = "") -> Condition:
    about = {"type": kind, "status": status, "reason": reason, "message": message}
    return Condition.model_validate(about | {"observedGeneration": 1, "lastTransitionTime": "now"})


def status(*conditions: Condition, **rest: Any) -> Status:
    return Status(conditions=conditions, **rest)


def test_a_condition_is_one_series_that_changes_with_it(scrape: Scrape) -> None:
    scrape.observe(status(condition("Ready", "False", "Creating")))
    scrape.observe(status(condition("Ready", "True", "Converged")))
    ready = {"condition": "Ready", "status": "True", "reason": "Converged"}
    assert scrape.value("condition", **ready) == 1
    assert "Creating" not in scrape.text()


def test_the_data_has_metrics(scrape: Scrape) -> None:
    data = Data(objects=3, rows=40, rejected=2, refused=4, waiting=5, dead_letters=1)
    lines = [
        ResourceStatus(kind="Queue", name=name, key=(name,), state="Ready") for name in ("a", "b")
    ]
    scrape.observe(status(data=data, resources=tuple(lines)))
    assert scrape.value("rows") == 40
    assert scrape.value("rejected_rows") == 2
    assert scrape.value("refused_objects") == 4
    assert scrape.value("waiting_objects") == 5
    assert scrape.value("dead_letters") == 1
    assert scrape.value("resources", state="Ready") == 2


def test_a_number_that_is_unknown_has_no_sample(scrape: Scrape) -> None:
    scrape.observe(status(data=Data(dead_letters=1)))
    assert scrape.value("rows") is None
    assert scrape.value("waiting_objects") is None
    assert scrape.value("dead_letters") == 1


def test_success_has_a_time(scrape: Scrape) -> None:
    figures = {"objects": 1, "rows_read": 1, "rows_written": 1, "rows_rejected": 0}
    failed = Run(id="b", state="FAILED", started="2026-01-01T00:01:00Z", seconds=1, **figures)
    good = Run(id="a", state="SUCCEEDED", started="2026-01-01T00:00:00Z", seconds=30, **figures)
    ready = condition("Ready", "True", "Converged")
    scrape.observe(status(ready, runs=(failed, good)), compared=False)
    assert scrape.value("last_run_success_timestamp_seconds") == 1767225630
    assert scrape.value("last_converged_timestamp_seconds") is None
    scrape.observe(status(ready), compared=True)
    assert scrape.value("last_converged_timestamp_seconds") == 1000


def ended(name: str, seconds: int) -> Run:
    return Run(id=name, state="SUCCEEDED", seconds=seconds, dpu_seconds=2 * seconds)


def test_the_dpu_seconds_of_each_run_count_once_after_its_end(scrape: Scrape) -> None:
    before, active = ended("before", 60), Run(id="b", state="RUNNING", seconds=5, dpu_seconds=10)
    scrape.observe(status(runs=(before,)))  # ended before this operator started
    assert scrape.value("dpu_seconds_total") == 0
    scrape.observe(status(runs=(active, before)))
    for _ in range(2):
        scrape.observe(status(runs=(ended("b", 30), before)))
    assert scrape.value("dpu_seconds_total") == 60
    scrape.observe(status())  # a status without runs, as after an error
    scrape.observe(status(runs=(ended("c", 1), ended("b", 30))))
    assert scrape.value("dpu_seconds_total") == 62


NONE = condition("Drifted", "False", "NoDrift")
OPEN = condition("Drifted", "True", "Detected", "Queue/a")
HEALED = condition("Drifted", "False", "Corrected", "Queue/a")


@pytest.mark.parametrize(
    ("story", "found", "healed"),
    [
        ([NONE, NONE], 0, 0),
        ([NONE, HEALED, NONE, HEALED], 2, 2),
        ([NONE, OPEN, OPEN, HEALED, NONE], 1, 1),
        ([NONE, OPEN, NONE], 1, 1),  # somebody else put it right
        ([HEALED, HEALED], 0, 0),  # it happened before this operator started
    ],
)
def test_drift_is_counted_once(
    story: list[Condition], found: int, healed: int, scrape: Scrape
) -> None:
    for each in story:
        scrape.observe(status(each))
    assert scrape.value("drift_detected_total") == found
    assert scrape.value("drift_corrected_total") == healed


def test_a_pipeline_that_is_gone_takes_its_series_with_it(scrape: Scrape) -> None:
    scrape.observe(status(condition("Ready", "True", "Converged"), data=None))
    assert "orders" in scrape.text()
    scrape.pipelines.forget("shop", "orders")
    assert "orders" not in scrape.text()
