"""Work item: the schedule of one pipeline in the work queue, and its retries."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal

from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.spec.pipeline import SHORTEST_RESYNC
from dataflowxpress.aws.turns import Priority

from .result import Result

Task = Literal["reconcile", "poll", "delete"]
Uniform = Callable[[float, float], float]

NEVER = math.inf
BUSY_POLL = 5.0  # seconds between polls while data is moving
IDLE_POLL = 60.0  # seconds between polls of other data, unless configured
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0  # seconds
LONGEST_DELETION_RETRY = 30.0  # seconds: a person waits, and fixes the cause outside the cluster
DOUBLINGS = 10  # bounds the exponent: after days, the delay would overflow a float


def backoff(failures: int, longest: float = LONGEST_RETRY) -> float:
    """Return the seconds to wait after this many consecutive failures."""
    return min(FIRST_RETRY * float(2 ** min(failures, DOUBLINGS)), longest)


@dataclass(slots=True)
class Item:
    """The schedule of one pipeline; times are seconds of the queue's clock."""

    reference: Reference
    request: Hashable = None  # the last enqueued request of the object's metadata
    is_held: bool = False  # the object had the finalizer when it was observed last
    deleting: bool = False
    requested: bool = False  # due because of a request, not by schedule
    serving: Priority | None = None  # of the current work
    poll_at: float = NEVER
    resync_at: float = NEVER
    failures: int = 0
    dirty: bool = False  # changed after the current work may have started
    heartbeat: float = 0  # of the current work

    @property
    def due_at(self) -> float:
        """The time at which the pipeline is due."""
        return self.resync_at if self.deleting else min(self.poll_at, self.resync_at)

    @property
    def priority(self) -> Priority:
        """The priority of the task that is due."""
        if self.deleting:
            return Priority.DELETION
        return Priority.REQUEST if self.requested else Priority.ROUTINE

    def observe(self, pipeline: Pipeline) -> None:
        """Record the request that was enqueued."""
        self.reference = Reference.to(pipeline.body["metadata"])
        self.request, self.is_held = pipeline.request, pipeline.is_held
        self.deleting = pipeline.is_deleting

    def done(
        self, now: float, result: Result, task: Task, idle_poll: float, uniform: Uniform
    ) -> None:
        """Schedule the next poll and resync according to *result*."""
        self.poll_at = now + min(BUSY_POLL if result.busy else NEVER, idle_poll)
        if not result.success:
            self.requeue(now, task, uniform)
        elif result.compare and task == "poll":
            self.resync_at = now
        elif task == "reconcile":
            self.failures = 0
            self._resync_at(now + max(result.resync, SHORTEST_RESYNC) * uniform(0.9, 1.1))

    def requeue(self, now: float, task: Task, uniform: Uniform) -> None:
        """Run the task again with exponential backoff; a failed poll postpones nothing."""
        longest = LONGEST_DELETION_RETRY if task == "delete" else LONGEST_RETRY
        retry_at = now + backoff(self.failures, longest) * uniform(0.8, 1.2)
        self.poll_at = max(self.poll_at, retry_at)
        if task == "poll":
            self.resync_at = min(retry_at, self.resync_at)
        else:
            self.failures += 1
            self._resync_at(retry_at)

    def _resync_at(self, time: float) -> None:
        if not self.dirty:
            self.resync_at = time
