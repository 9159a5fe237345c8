"""Metrics: what Prometheus can ask about the operator itself, and where it asks."""

from __future__ import annotations

from importlib.metadata import version
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.registry import Collector

disable_created_metrics()  # a second series for each counter, which nothing here asks for

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
Info("dataflowxpress_build", "Which operator this is.", registry=REGISTRY).info(
    {"version": version("dataflowxpress")}
)

RECONCILIATION_SECONDS = Histogram(
    "dataflowxpress_reconciliation_duration_seconds",
    "How long work on one pipeline took: reconcile, poll (of its data) or delete.",
    ["task", "outcome"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
    registry=REGISTRY,
)
TASKS = ("reconcile", "poll", "delete")
for task in TASKS:  # a crash is to be seen as the step from 0 to 1
    RECONCILIATION_SECONDS.labels(task, "error")
AWS_REQUESTS = Counter(
    "dataflowxpress_aws_requests",
    "Calls to AWS by outcome: Success, or what the error means (Missing, Busy, AccessDenied, ...).",
    ["service", "operation", "outcome"],
    registry=REGISTRY,
)
AWS_REQUEST_SECONDS = Histogram(
    "dataflowxpress_aws_request_duration_seconds",
    "How long a call to AWS took, with all its retries.",
    ["service", "operation"],
    buckets=(0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
    registry=REGISTRY,
)
AWS_THROTTLES = Counter(
    "dataflowxpress_aws_throttles",
    "Attempts that AWS refused because of their rate; most succeed when they are repeated.",
    ["service", "operation"],
    registry=REGISTRY,
)


def serve(host: str, port: int) -> None:
    """Answer Prometheus in the background; raises OSError where that address cannot be had."""
    start_http_server(port, host, REGISTRY)


class WorkQueue(Protocol):
    """What is to be known of the reconciler's queue."""

    def depth(self) -> int:
        """Count the pipelines that are due and not taken up yet."""

    def active_workers(self) -> int:
        """Count the pipelines that are being worked on."""

    def longest_wait(self) -> float:
        """Return for how many seconds the pipeline that waits longest has been due."""


def watch(queue: WorkQueue, pipelines: Collector) -> None:
    """Tell of all pipelines, and of those that wait for the reconciler."""
    REGISTRY.register(pipelines)
    _gauge("depth", "Pipelines that are due and not taken up yet.").set_function(queue.depth)
    _gauge("active_workers", "Pipelines that are being worked on.").set_function(
        queue.active_workers
    )
    _gauge(
        "longest_wait_seconds", "How long the pipeline that waits longest has been due."
    ).set_function(queue.longest_wait)


def _gauge(name: str, meaning: str) -> Gauge:
    return Gauge(f"dataflowxpress_workqueue_{name}", meaning, registry=REGISTRY)
