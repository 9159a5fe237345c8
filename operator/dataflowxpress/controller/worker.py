"""Worker: processes one pipeline, and publishes the result as Events, logs and metrics."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Protocol

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.kube.client import UNANSWERED
from dataflowxpress.telemetry.pipelines import Pipelines
from dataflowxpress.telemetry.reconciliation import observed

from .reconciler import Reconciler, Result
from .workqueue import Task, WorkQueue

log = logging.getLogger(__name__)


class EventRecorder(Protocol):
    """Records Events."""

    def record(self, reference: Reference, event: Event) -> None:
        """Record an Event; never raises."""
        ...


@dataclass(frozen=True)
class Worker:
    """Processes one pipeline at a time in each thread that calls it."""

    reconciler: Reconciler
    queue: WorkQueue
    recorder: EventRecorder
    pipelines: Pipelines = field(default_factory=Pipelines)

    def process(self, reference: Reference) -> None:
        """Run the task that is due, if it still is; every failure leads to a retry."""
        with self.queue.work(reference):
            task = self.queue.next_task(reference.uid)
            if task is None:
                return
            try:
                self._run(reference, task)
            except UNANSWERED as error:
                log.warning("%s: the API server does not answer: %s", reference, error)
                self.queue.requeue(reference.uid, task)
            except Exception:
                log.exception("%s: unexpected error in %s", reference, task)
                self.queue.requeue(reference.uid, task)

    def delete(self, reference: Reference) -> Result | None:
        """Delete the resources that the deletion policy does not retain; None once all are gone."""
        with (
            self.queue.work(reference) as heartbeat,
            observed("delete", **reference.fields) as work,
        ):
            result = self.reconciler.delete(reference.namespace, reference.name, heartbeat)
            work.outcome = _outcome(result)
            if result and not result.success:
                self._publish(reference, result)
                return result
        self.forget(reference)
        return None

    def forget(self, reference: Reference) -> None:
        """Drop the schedule and the metrics of a deleted pipeline."""
        self.queue.forget(reference.uid)
        self.pipelines.forget(reference.namespace, reference.name)

    def _run(self, reference: Reference, task: Task) -> None:
        run = self.reconciler.reconcile if task == "reconcile" else self.reconciler.poll
        with observed(task, **reference.fields) as work:
            try:
                result = run(reference.namespace, reference.name)
            except UNANSWERED:
                work.outcome = "requeue"
                raise
            work.outcome = _outcome(result)
        if result is None:  # deleted or being deleted: `delete` publishes the result
            self.queue.forget(reference.uid)
            return
        self.queue.done(reference.uid, result, task)
        self._publish(reference, result, compared=task == "reconcile")

    def _publish(self, reference: Reference, result: Result, *, compared: bool = False) -> None:
        """Publish a result as Events, log lines and metrics."""
        namespace, name = reference.namespace, reference.name
        self.pipelines.observe(namespace, name, result.status, compared=compared)
        for event in result.events:
            level = logging.WARNING if event.type == "Warning" else logging.INFO
            log.log(level, "%s: %s: %s", reference, event.reason, event.message)
            self.recorder.record(reference, event)


def _outcome(result: Result | None) -> str:
    if result is None:
        return "deleted"
    return "success" if result.success else "requeue"
