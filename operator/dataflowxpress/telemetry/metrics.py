"""Metrics: the operator's Prometheus metrics."""

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
)
from prometheus_client.registry import Collector

disable_created_metrics()  # no alert or dashboard uses the second series of each counter

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
Info("dataflowxpress_build", "Version of the operator.", registry=REGISTRY).info(
    {"version": version("dataflowxpress")}
)

RECONCILIATION_SECONDS = Histogram(
    "dataflowxpress_reconciliation_duration_seconds",
    "Duration of the work on one pipeline: reconcile, poll (of its data) or delete.",
    ["task", "outcome"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
    registry=REGISTRY,
)
TASKS = ("reconcile", "poll", "delete")
for task in TASKS:  # makes the first error a step from 0 to 1
    RECONCILIATION_SECONDS.labels(task, "error")
AWS_REQUESTS = Counter(
    "dataflowxpress_aws_requests",
    "Calls to AWS by outcome: Success, or the error class (Missing, Busy, AccessDenied, ...).",
    ["service", "operation", "outcome"],
    registry=REGISTRY,
)
AWS_REQUEST_SECONDS = Histogram(
    "dataflowxpress_aws_request_duration_seconds",
    "Duration of a call to AWS, including retries.",
    ["service", "operation"],
    buckets=(0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
    registry=REGISTRY,
)
AWS_THROTTLES = Counter(
    "dataflowxpress_aws_throttles",
    "Attempts that AWS throttled; most succeed on retry.",
    ["service", "operation"],
    registry=REGISTRY,
)
AWS_RATE_WAIT_SECONDS = Counter(
    "dataflowxpress_aws_rate_wait_seconds",
    "Time that calls waited for the operator's own rate limits, before they were sent.",
    ["service"],
    registry=REGISTRY,
)
LISTS = Counter(
    "dataflowxpress_aws_lists",
    "Attempts to list a kind of an account: success, denied, failed, or too_long to be worth it.",
    ["kind", "outcome"],
    registry=REGISTRY,
)
CHANGE_EVENTS = Counter(
    "dataflowxpress_change_events",
    "Events of changes in AWS by outcome: compared, own, no_change, other (of no pipeline), or"
    " invalid.",
    ["outcome"],
    registry=REGISTRY,
)
CHANGE_EVENTS_COVERED = Gauge(
    "dataflowxpress_change_events_covered",
    "Whether events of changes arrive from a region of an account: 1, or 0 if none arrived for 30"
    " minutes.",
    ["account", "region"],
    registry=REGISTRY,
)


class WorkQueue(Protocol):
    """The work queue's figures."""

    def depth(self) -> int:
        """Count the pipelines that are due and not being processed."""

    def active_workers(self) -> int:
        """Count the pipelines that are being processed."""

    def active_deletions(self) -> int:
        """Count the pipelines that are being deleted."""

    def longest_wait(self) -> float:
        """Return for how many seconds the longest-waiting pipeline has been due."""


def watch(queue: WorkQueue, pipelines: Collector, registry: CollectorRegistry = REGISTRY) -> None:
    """Export the metrics of all pipelines and of the work queue."""
    registry.register(pipelines)
    for name, help_text, value in (
        ("depth", "Pipelines that are due and not being processed.", queue.depth),
        ("active_workers", "Pipelines that are being processed.", queue.active_workers),
        ("active_deletions", "Pipelines that a worker deletes.", queue.active_deletions),
        (
            "longest_wait_seconds",
            "Time for which the longest-waiting pipeline has been due.",
            queue.longest_wait,
        ),
    ):
        gauge = Gauge(f"dataflowxpress_workqueue_{name}", help_text, registry=registry)
        gauge.set_function(value)
