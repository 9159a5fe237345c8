"""Work queue: schedules pipelines, and reserves each due one for a worker."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator

from dataflowxpress.api.pipeline import Pipeline, Reference

from .result import Result
from .schedule import Schedule
from .shares import Shares
from .workitem import IDLE_POLL, Item, Task

PROGRESS_DEADLINE = 1800.0  # seconds that work on one pipeline may take without a heartbeat
QUEUE_TIMEOUT = 300.0  # seconds that a pipeline may be due while a worker is free for it


class WorkQueue:
    """The schedule of all pipelines, and the work in progress.

    Reserves a namespace and name for one worker at a time, even if the pipeline is deleted and
    created again: the name owns the resources in AWS.
    """

    def __init__(
        self,
        idle_poll: float = IDLE_POLL,
        progress_deadline: float = PROGRESS_DEADLINE,
        clock: Callable[[], float] = time.monotonic,
        shares: Shares | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._idle_poll, self._progress_deadline = idle_poll, progress_deadline
        self._clock, self.shares, self._uniform = clock, shares or Shares(), uniform
        self._items = Schedule()
        self._active: dict[tuple[str, str], Item] = {}
        self._lock, self._changed = threading.RLock(), threading.Event()
        self._popped_at = clock()

    def observe(self, pipeline: Pipeline, *, within: float = 0) -> None:
        """Enqueue *pipeline* if its metadata asks for something that was not enqueued yet.

        If *within* is set, a new pipeline is due at a random moment within these seconds, so that a
        restart does not start all at once.
        """
        reference = Reference.to(pipeline.body["metadata"])
        with self._lock:
            item = self._items.get(reference.key)
            if item is None or item.request is None:
                item = self._item(reference)
                item.resync_at = min(item.resync_at, self._clock() + self._uniform(0, within))
                item.requested = not within
            elif item.request != pipeline.request or item.is_held > pipeline.is_held:
                self.add(reference)
            item.observe(pipeline)
            self._items.put(item)
        self._changed.set()

    def add(self, reference: Reference) -> None:
        """Make the pipeline due now; work in progress does not satisfy this request."""
        with self._lock:
            item = self._item(reference)
            item.dirty = item.requested = True
            item.resync_at, item.failures = self._clock(), 0
            self._items.put(item)
        self._changed.set()

    def add_after(self, key: tuple[str, str], seconds: float) -> bool:
        """Make the comparison of a known pipeline due in *seconds*, or earlier if it was.

        Keeps the backoff of failures. Returns whether the pipeline is known.
        """
        with self._lock:
            item = self._items.get(key)
            if item is None:
                return False
            if not item.deleting:
                item.dirty = item.requested = True
                item.resync_at = min(item.resync_at, self._clock() + seconds)
                self._items.put(item)
        self._changed.set()
        return True

    def resync_within(self, seconds: float, keys: Collection[tuple[str, str]]) -> None:
        """Make each of the pipelines *keys* due at a random moment within *seconds*.

        Those that were due earlier remain so.
        """
        with self._lock:
            for key in keys:
                if (item := self._items.get(key)) and not item.deleting:
                    within = self._clock() + self._uniform(0, seconds)
                    item.resync_at = min(item.resync_at, within)
                    self._items.put(item)
        self._changed.set()

    def add_deletion(self, reference: Reference) -> None:
        """Make the deletion of a known pipeline due now."""
        with self._lock:
            item = self._items.get(reference.key)
            if item and item.reference.uid == reference.uid:
                item.deleting = True
                self.add(reference)

    def pop(self) -> Reference | None:
        """Reserve the pipeline to process next; returns None if none is due and allowed.

        Requests precede deletions, and these precede the rest; then, namespaces take turns.
        """
        with self._lock:
            due = self._startable()
            item = min(due, key=self._rank, default=None)
            if item is None:
                return None
            self.shares.take_turn(item)
            self._popped_at, item.serving = self._clock(), item.priority
            return self._reserve(item).reference

    @contextlib.contextmanager
    def work(self, reference: Reference) -> Iterator[Callable[[], None]]:
        """Process a reserved pipeline; yields the heartbeat to call whenever work progresses."""
        with self._lock:
            item = self._items.get(reference.key) or Item(reference)
            self._reserve(item)  # a change since `pop` is still part of this work

        def heartbeat() -> None:
            item.heartbeat = self._clock()

        try:
            yield heartbeat
        finally:
            with self._lock:
                self._active.pop(reference.key, None)
            self._changed.set()

    def next_task(self, reference: Reference) -> Task | None:
        """Return the task that is due for a pipeline; None if none is, or if it is unknown."""
        with self._lock:
            now, item = self._clock(), self._items.get(reference.key)
            if item is None or now < item.due_at:
                return None
            if item.deleting:
                return "delete"
            return "reconcile" if now >= item.resync_at else "poll"

    def done(self, reference: Reference, result: Result, task: Task) -> None:
        """Schedule the next poll and resync according to *result*."""
        with self._lock:
            if not (item := self._items.get(reference.key)):
                return
            item.done(self._clock(), result, task, self._idle_poll, self._uniform)
            self._items.put(item)

    def requeue(self, reference: Reference, task: Task) -> None:
        """Run the task again with exponential backoff; a failed poll postpones nothing."""
        with self._lock:
            if not (item := self._items.get(reference.key)):
                return
            item.requeue(self._clock(), task, self._uniform)
            self._items.put(item)

    def forget(self, reference: Reference) -> bool:
        """Drop the schedule of a deleted pipeline, but not that of a new one of the same name."""
        with self._lock:
            item = self._items.get(reference.key)
            if item and item.reference.uid != reference.uid:
                return False
            self._items.remove(reference.key)
            self.shares.keep_only({item.reference.namespace for item in self._items})
            return True

    def known(self) -> list[Reference]:
        """Return the pipelines that have a schedule."""
        with self._lock:
            return [item.reference for item in self._items]

    def wait(self, seconds: float) -> None:
        """Wait for this many seconds, or until a pipeline is added or work ends."""
        self._changed.wait(seconds)
        self._changed.clear()

    def stalled(self) -> str:
        """Describe work that no longer progresses; returns an empty string if there is none."""
        with self._lock:
            now = self._clock()
            for item in self._active.values():
                if (since := now - item.heartbeat) > self._progress_deadline:
                    return f"work on {item.reference} has not progressed for {since:.0f} s"
            wait = max((now - item.due_at for item in self._startable()), default=0)
            if min(wait, now - self._popped_at) > QUEUE_TIMEOUT:
                return f"no work started for {QUEUE_TIMEOUT:.0f} s; pipelines due: {self.depth()}"
        return ""

    def depth(self) -> int:
        """Count the pipelines that are due and not being processed."""
        with self._lock:
            return len(self._waiting())

    def active_workers(self) -> int:
        """Count the pipelines that are being processed."""
        return len(self._active)

    def active_deletions(self) -> int:
        """Count the pipelines that are being deleted."""
        with self._lock:
            return sum(item.deleting for item in self._active.values())

    def longest_wait(self) -> float:
        """Return for how many seconds the longest-waiting pipeline has been due."""
        with self._lock:
            now = self._clock()
            return max((now - item.due_at for item in self._waiting()), default=0)

    def _item(self, reference: Reference) -> Item:
        item = self._items.get(reference.key) or Item(reference)
        item.reference = reference
        return item

    def _reserve(self, item: Item) -> Item:
        item.dirty = item.requested = False
        item.heartbeat = self._clock()
        self._active[item.reference.key] = item
        return item

    def _rank(self, item: Item) -> tuple[int, int, float]:
        return item.priority, self.shares.turn(item), item.due_at

    def _waiting(self) -> list[Item]:
        due = self._items.due(self._clock())
        return [item for item in due if item.reference.key not in self._active]

    def _startable(self) -> list[Item]:
        return [*filter(self.shares.allowed(self._active.values()), self._waiting())]
