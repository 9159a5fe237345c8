"""Pipelines: a Prometheus collector for the metrics of all pipelines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dataflowxpress.api.status import Status

from .pipeline_metrics import DATA_METRICS, PipelineMetrics, ended_runs

LABELS = ("namespace", "name")
NEW = PipelineMetrics()

Labels = tuple[str, str]
Metrics = Mapping[Labels, PipelineMetrics]


class Pipelines(Collector):
    """Collects the metrics of each pipeline from its last status, until the pipeline is deleted."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._metrics: dict[Labels, PipelineMetrics] = {}
        self._lock, self._clock = threading.Lock(), clock

    def observe(self, namespace: str, name: str, status: Status, *, compared: bool) -> None:
        """Record a status; *compared*: it results from a full comparison with AWS."""
        is_converged = compared and status.holds("Ready")
        labels, converged = (namespace, name), self._clock() if is_converged else None
        with self._lock:
            before = self._metrics.get(labels) or NEW._replace(
                drifted=status["Drifted"], ended=ended_runs(status)
            )
            self._metrics[labels] = before.after(status, converged=converged)

    def forget(self, namespace: str, name: str) -> None:
        """Drop the metrics of a deleted pipeline."""
        with self._lock:
            self._metrics.pop((namespace, name), None)

    def describe(self) -> Iterable[Metric]:
        """Return no metric: the registry must not collect on registration."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of all pipelines."""
        with self._lock:
            metrics = dict(self._metrics)
        yield _conditions(metrics)
        yield _resources(metrics)
        yield from _data(metrics)
        success = {labels: each.succeeded for labels, each in metrics.items()}
        yield _timestamp("last_run_success", "End of the last successful run.", success)
        converged = {labels: each.converged for labels, each in metrics.items()}
        yield _timestamp(
            "last_converged", "Time of the last comparison that found AWS as specified.", converged
        )
        detected = {labels: each.detected for labels, each in metrics.items()}
        yield _counter(
            "drift_detected", "Number of times that AWS differed from the spec.", detected
        )
        corrected = {labels: each.corrected for labels, each in metrics.items()}
        yield _counter("drift_corrected", "Number of times that drift was corrected.", corrected)
        used = {labels: each.dpu_seconds for labels, each in metrics.items()}
        yield _counter("dpu_seconds", "DPU-seconds of the runs that have ended.", used)


def _conditions(metrics: Metrics) -> Metric:
    family = GaugeMetricFamily(
        "dataflowxpress_pipeline_condition",
        "The conditions of a pipeline; always 1.",
        labels=[*LABELS, "condition", "status", "reason"],
    )
    for labels, each in metrics.items():
        for condition in each.conditions:
            family.add_metric([*labels, *condition], 1)
    return family


def _resources(metrics: Metrics) -> Metric:
    family = GaugeMetricFamily(
        "dataflowxpress_pipeline_resources",
        "Number of AWS resources by state.",
        labels=[*LABELS, "state"],
    )
    for labels, each in metrics.items():
        for state, count in each.resources:
            family.add_metric([*labels, state], count)
    return family


def _data(metrics: Metrics) -> Iterator[Metric]:
    for index, metric in enumerate(DATA_METRICS):
        name = f"dataflowxpress_pipeline_{metric.name}"
        family = GaugeMetricFamily(name, metric.help, labels=LABELS)
        for labels, each in metrics.items():
            if each.data and (value := each.data[index]) is not None:
                family.add_metric(labels, value)
        yield family


def _timestamp(name: str, help_text: str, values: Mapping[Labels, float | None]) -> Metric:
    family = GaugeMetricFamily(
        f"dataflowxpress_pipeline_{name}_timestamp_seconds", help_text, labels=LABELS
    )
    for labels, value in values.items():
        if value is not None:
            family.add_metric(labels, value)
    return family


def _counter(name: str, help_text: str, counts: Mapping[Labels, int]) -> Metric:
    family = CounterMetricFamily(f"dataflowxpress_pipeline_{name}", help_text, labels=LABELS)
    for labels, count in counts.items():
        family.add_metric(labels, count)
    return family
