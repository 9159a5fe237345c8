"""Pipelines: what Prometheus can ask about each pipeline, read off its status."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dataflowxpress.core.reasons import Reason
from dataflowxpress.core.status import Data, Status

WHOSE = ("namespace", "name")


class Figure(NamedTuple):
    """A number about the data of a pipeline."""

    name: str
    meaning: str
    of: Callable[[Data], int]


FIGURES = (
    Figure("objects", "Uploaded objects that are converted.", lambda data: data.objects),
    Figure("rows", "Rows that the Parquet holds.", lambda data: data.rows),
    Figure("rejected_rows", "Rows that did not fit.", lambda data: data.rejected),
    Figure("waiting_objects", "Uploaded objects not converted yet.", lambda data: data.waiting),
    Figure("dead_letters", "Messages nobody could deal with.", lambda data: data.dead_letters),
)


@dataclass
class Seen:
    """What is known of one pipeline."""

    status: Status
    converged: float | None = None  # when everything was last compared and true
    drift: Counter[str] = field(default_factory=Counter)


class Pipelines(Collector):
    """Collects from the newest status of each pipeline; a pipeline that goes takes its series."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._seen: dict[tuple[str, str], Seen] = {}
        self._lock, self._clock = threading.Lock(), clock

    def see(self, namespace: str, name: str, status: Status, *, compared: bool) -> None:
        """Take note of a status; *compared*: everything in AWS was looked at for it."""
        with self._lock:
            seen = self._seen.setdefault((namespace, name), Seen(status))
            seen.drift.update(_drift(seen.status, status))
            seen.status = status
            if compared and (ready := status["Ready"]) and ready.status == "True":
                seen.converged = self._clock()

    def forget(self, namespace: str, name: str) -> None:
        """Drop a pipeline that is gone."""
        with self._lock:
            self._seen.pop((namespace, name), None)

    def describe(self) -> Iterable[Metric]:
        """Name the metrics without a look at the pipelines."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all series of all pipelines."""
        with self._lock:
            seen = dict(self._seen)
        yield _conditions(seen)
        yield _resources(seen)
        for figure in FIGURES:
            yield _figure(figure, seen)
        yield _moment("last_run_success", "When the last run that succeeded ended.", _ended(seen))
        converged = {whose: each.converged for whose, each in seen.items() if each.converged}
        yield _moment("last_converged", "When AWS was last compared and as specified.", converged)
        yield _drifts("found", "Times that AWS was found not as specified.", seen)
        yield _drifts("healed", "Times that this was put right.", seen)


Series = dict[tuple[str, str], Seen]


def _conditions(seen: Series) -> Metric:
    labels = [*WHOSE, "condition", "status", "reason"]
    family = GaugeMetricFamily(
        "dataflowxpress_pipeline_condition",
        "The conditions of a pipeline; always 1.",
        labels=labels,
    )
    for whose, each in seen.items():
        for condition in each.status.conditions:
            family.add_metric([*whose, condition.type, condition.status, condition.reason], 1)
    return family


def _resources(seen: Series) -> Metric:
    family = GaugeMetricFamily(
        "dataflowxpress_pipeline_resources", "Resources in AWS by state.", labels=[*WHOSE, "state"]
    )
    for whose, each in seen.items():
        for state, count in Counter(line.state for line in each.status.resources).items():
            family.add_metric([*whose, state], count)
    return family


def _figure(figure: Figure, seen: Series) -> Metric:
    name = f"dataflowxpress_pipeline_{figure.name}"
    family = GaugeMetricFamily(name, figure.meaning, labels=WHOSE)
    for whose, each in seen.items():
        if each.status.data:
            family.add_metric(whose, figure.of(each.status.data))
    return family


def _moment(name: str, meaning: str, moments: dict[tuple[str, str], float]) -> Metric:
    family = GaugeMetricFamily(
        f"dataflowxpress_pipeline_{name}_timestamp_seconds", meaning, labels=WHOSE
    )
    for whose, moment in moments.items():
        family.add_metric(whose, moment)
    return family


def _ended(seen: Series) -> dict[tuple[str, str], float]:
    good = {
        whose: [r for r in each.status.runs if r.state == "SUCCEEDED" and r.started]
        for whose, each in seen.items()
    }
    return {
        whose: datetime.fromisoformat(runs[0].started).timestamp() + runs[0].seconds
        for whose, runs in good.items()
        if runs
    }


def _drifts(what: str, meaning: str, seen: Series) -> Metric:
    family = CounterMetricFamily(f"dataflowxpress_pipeline_drift_{what}", meaning, labels=WHOSE)
    for whose, each in seen.items():
        family.add_metric(whose, each.drift[what])
    return family


def _drift(before: Status, after: Status) -> Iterator[str]:
    """Yield `found` and `healed`, as the condition tells it when it changes."""
    was, now = before["Drifted"], after["Drifted"]
    if now is None or now == was:
        return
    open_before = was is not None and was.status == "True"
    if now.reason != Reason.NO_DRIFT and not open_before:
        yield "found"
    if now.reason == Reason.CORRECTED or (open_before and now.status == "False"):
        yield "healed"
