"""Worker: processes one pipeline, and publishes the result as Events, logs and metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.kube.client import UNANSWERED
from dataflowxpress.telemetry import progress
from dataflowxpress.telemetry.pipelines import Pipelines
from dataflowxpress.telemetry.reconciliation import observed

from .changes import Changes
from .reconciler import Reconciler
from .result import Result
from .workitem import Task
from .workqueue import WorkQueue

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
    changes: Changes | None = None  # if events report them

    def observe(self, pipeline: Pipeline, *, within: float = 0) -> None:
        """Enqueue what the metadata of a pipeline asks for; see `WorkQueue.observe`."""
        if pipeline.is_deleting and not pipeline.is_held:  # nothing of it can be left
            self.forget(Reference.to(pipeline.body["metadata"]))
        else:
            self.queue.observe(pipeline, within=within)

    def process(self, reference: Reference) -> None:
        """Run the task that is due, if it still is; every failure leads to a retry."""
        with self.queue.work(reference) as heartbeat, progress.reported_to(heartbeat):
            task = self.queue.next_task(reference)
            if task is None:
                return
            try:
                self._run(reference, task)
            except UNANSWERED as error:
                log.warning("%s: the API server does not answer: %s", reference, error)
                self.queue.requeue(reference, task)
            except Exception:
                log.exception("%s: unexpected error in %s", reference, task)
                self.queue.requeue(reference, task)

    def forget(self, reference: Reference) -> None:
        """Drop all that is kept of a deleted pipeline, unless a new one has its name."""
        if self.queue.forget(reference):
            self.pipelines.forget(*reference.key)
            self.reconciler.forget(*reference.key)
            if self.changes:
                self.changes.forget(reference.key)

    def _run(self, reference: Reference, task: Task) -> None:
        with observed(task, **reference.fields) as work:
            try:
                result = self._task(task)(*reference.key)
            except UNANSWERED:
                work.outcome = "requeue"
                raise
            work.outcome = _outcome(result)
        if task == "delete" and (result is None or result.success):
            self._end(reference, result)
        elif result is None:  # it is gone, or its deletion has started
            self.queue.add_deletion(reference)
        else:
            if self.changes:
                self._schedule(self.changes, reference, result)
            self.queue.done(reference, result, task)
            self._publish(reference, result, compared=task == "reconcile")

    def _schedule(self, changes: Changes, reference: Reference, result: Result) -> None:
        """Resync rarely what events report; then all is read, also what no list shows."""
        after = changes.resync_after(reference.key, result)
        if after > result.resync:
            self.reconciler.read_all(*reference.key)
        result.resync = after

    def _end(self, reference: Reference, result: Result | None) -> None:
        """Let the object go; if the spec has changed meanwhile, its deletion starts over."""
        if result is None or self.reconciler.release(reference, result):
            self.forget(reference)
        else:
            self.queue.add_deletion(reference)

    def _task(self, task: Task) -> Callable[[str, str], Result | None]:
        return {
            "reconcile": self.reconciler.reconcile,
            "poll": self.reconciler.poll,
            "delete": self.reconciler.delete,
        }[task]

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
