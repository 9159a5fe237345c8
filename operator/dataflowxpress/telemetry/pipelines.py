"""Pipelines: what Prometheus can ask about each pipeline, read off its status."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dataflowxpress.api.status import Status

from .seen import FIGURES, Seen

WHOSE = ("namespace", "name")
NEW = Seen()

Series = Mapping[tuple[str, str], Seen]


class Pipelines(Collector):
    """Collects from the newest status of each pipeline; a pipeline that goes takes its series."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._seen: dict[tuple[str, str], Seen] = {}
        self._lock, self._clock = threading.Lock(), clock

    def see(self, namespace: str, name: str, status: Status, *, compared: bool) -> None:
        """Take note of a status; *compared*: everything in AWS was looked at for it."""
        true = compared and status.holds("Ready")
        whose, converged = (namespace, name), self._clock() if true else None
        with self._lock:
            before = self._seen.get(whose) or NEW._replace(drifted=status["Drifted"])
            self._seen[whose] = before.after(status, converged=converged)

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
        yield from _figures(seen)
        success = {whose: each.succeeded for whose, each in seen.items()}
        yield _moment("last_run_success", "When the last run that succeeded ended.", success)
        converged = {whose: each.converged for whose, each in seen.items()}
        yield _moment("last_converged", "When AWS was last compared and as specified.", converged)
        detected = {whose: each.detected for whose, each in seen.items()}
        yield _drifts("detected", "Times that AWS was found not as specified.", detected)
        corrected = {whose: each.corrected for whose, each in seen.items()}
        yield _drifts("corrected", "Times that this was put right.", corrected)


def _conditions(seen: Series) -> Metric:
    labels = [*WHOSE, "condition", "status", "reason"]
    family = GaugeMetricFamily(
        "dataflowxpress_pipeline_condition",
        "The conditions of a pipeline; always 1.",
        labels=labels,
    )
    for whose, each in seen.items():
        for condition in each.conditions:
            family.add_metric([*whose, *condition], 1)
    return family


def _resources(seen: Series) -> Metric:
    family = GaugeMetricFamily(
        "dataflowxpress_pipeline_resources", "Resources in AWS by state.", labels=[*WHOSE, "state"]
    )
    for whose, each in seen.items():
        for state, count in each.resources:
            family.add_metric([*whose, state], count)
    return family


def _figures(seen: Series) -> Iterator[Metric]:
    for index, figure in enumerate(FIGURES):
        name = f"dataflowxpress_pipeline_{figure.name}"
        family = GaugeMetricFamily(name, figure.meaning, labels=WHOSE)
        for whose, each in seen.items():
            if each.figures and (number := each.figures[index]) is not None:
                family.add_metric(whose, number)
        yield family


def _moment(name: str, meaning: str, moments: Mapping[tuple[str, str], float | None]) -> Metric:
    family = GaugeMetricFamily(
        f"dataflowxpress_pipeline_{name}_timestamp_seconds", meaning, labels=WHOSE
    )
    for whose, moment in moments.items():
        if moment is not None:
            family.add_metric(whose, moment)
    return family


def _drifts(what: str, meaning: str, counts: Mapping[tuple[str, str], int]) -> Metric:
    family = CounterMetricFamily(f"dataflowxpress_pipeline_drift_{what}", meaning, labels=WHOSE)
    for whose, count in counts.items():
        family.add_metric(whose, count)
    return family
