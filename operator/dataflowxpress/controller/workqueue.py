"""Work queue: schedules pipelines, and tracks whether work on them progresses."""

from __future__ import annotations

import contextlib
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from dataflowxpress.api.pipeline import Reference

from .reconciler import Result

Task = Literal["reconcile", "poll"]

BUSY_POLL = 5.0  # seconds between polls while data is moving
IDLE_POLL = 60.0  # seconds between polls of other data, unless configured
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0  # seconds
DOUBLINGS = 10  # bounds the exponent: after days, the delay would overflow a float
PROGRESS_DEADLINE = 1800.0  # seconds that work on one pipeline may take without a heartbeat
QUEUE_TIMEOUT = 300.0  # seconds that a due pipeline may wait while no work progresses at all
NEVER = math.inf


@dataclass(slots=True)
class Item:
    """The schedule of one pipeline; times are seconds of the queue's clock."""

    reference: Reference
    poll_at: float = NEVER
    resync_at: float = NEVER
    failures: int = 0
    popped: bool = False  # passed to a worker and not processed yet
    dirty: bool = False  # changed after the current work may have started
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def due_at(self) -> float:
        """The time at which the pipeline is due."""
        return min(self.poll_at, self.resync_at)


def backoff(failures: int, longest: float = LONGEST_RETRY) -> float:
    """Return the seconds to wait after this many consecutive failures."""
    return min(FIRST_RETRY * float(2 ** min(failures, DOUBLINGS)), longest)


class WorkQueue:
    """The schedule of all pipelines, and the work in progress."""

    def __init__(
        self,
        idle_poll: float = IDLE_POLL,
        progress_deadline: float = PROGRESS_DEADLINE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle_poll, self._progress_deadline = idle_poll, progress_deadline
        self._clock = clock
        self._items: dict[str, Item] = {}
        self._active: dict[str, tuple[float, Reference]] = {}
        self._last_heartbeat, self._added = clock(), threading.Event()

    @contextlib.contextmanager
    def work(self, reference: Reference) -> Iterator[Callable[[], None]]:
        """Serialize work on one pipeline; yields the heartbeat to call whenever it progresses."""

        def heartbeat() -> None:
            self._last_heartbeat = self._clock()
            self._active[reference.uid] = self._last_heartbeat, reference

        item = self._item(reference)
        with item.lock:
            item.popped = item.dirty = False
            heartbeat()
            try:
                yield heartbeat
            finally:
                self._active.pop(reference.uid, None)
                self._last_heartbeat = self._clock()

    def stalled(self) -> str:
        """Describe work that no longer progresses; returns an empty string if there is none."""
        now = self._clock()
        for heartbeat, reference in list(self._active.values()):
            if now - heartbeat > self._progress_deadline:
                return f"work on {reference} has not progressed for {now - heartbeat:.0f} s"
        if min(self.longest_wait(), now - self._last_heartbeat) > QUEUE_TIMEOUT:
            return f"no work progressed for {QUEUE_TIMEOUT:.0f} s; pipelines due: {self.depth()}"
        return ""

    def depth(self) -> int:
        """Count the pipelines that are due and not being processed."""
        return len(self._waiting())

    def active(self) -> set[str]:
        """Return the UIDs of the pipelines that are being processed."""
        return set(self._active)

    def active_workers(self) -> int:
        """Count the pipelines that are being processed."""
        return len(self._active)

    def longest_wait(self) -> float:
        """Return for how many seconds the longest-waiting pipeline has been due."""
        now = self._clock()
        return max((now - item.due_at for item in self._waiting()), default=0)

    def next_task(self, uid: str) -> Task | None:
        """Return the task that is due for a pipeline; None if none is, or if it is unknown."""
        now, item = self._clock(), self._items.get(uid)
        if item is None or now < item.due_at:
            return None
        return "reconcile" if now >= item.resync_at else "poll"

    def pop_due(self) -> list[Reference]:
        """Return the pipelines that are due, longest wait first, each once until processed."""
        due = [item for item in self._waiting() if not item.popped]
        for item in due:
            item.popped = True
        return [item.reference for item in sorted(due, key=lambda item: item.due_at)]

    def wait(self, seconds: float) -> None:
        """Wait for this many seconds, or until a pipeline is added."""
        self._added.wait(seconds)
        self._added.clear()

    def add(self, reference: Reference) -> None:
        """Make the pipeline due now; work in progress does not satisfy this request."""
        item = self._item(reference)
        item.dirty, item.resync_at = True, self._clock()
        self._added.set()

    def add_after(self, reference: Reference, *, within: float) -> None:
        """Add a new pipeline at a random moment, so that a restart does not start all at once."""
        item = self._item(reference)
        if item.resync_at == NEVER:
            item.resync_at = self._clock() + random.uniform(0, within)  # noqa: S311

    def done(self, uid: str, result: Result, task: Task) -> None:
        """Schedule the next poll and resync according to *result*."""
        if not (item := self._items.get(uid)):
            return
        now = self._clock()
        item.poll_at = now + min(BUSY_POLL if result.busy else NEVER, self._idle_poll)
        if not result.success:
            self.requeue(uid, task)
        elif result.compare and task == "poll":
            item.resync_at = now
        elif task == "reconcile":
            item.failures = 0
            self._resync_in(item, result.resync * random.uniform(0.9, 1.1))  # noqa: S311

    def requeue(self, uid: str, task: Task) -> None:
        """Reconcile again with exponential backoff; a failed poll postpones nothing."""
        if not (item := self._items.get(uid)):
            return
        wait = backoff(item.failures) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        if task == "reconcile":
            item.failures += 1
            self._resync_in(item, wait)
        else:
            item.resync_at = min(self._clock() + wait, item.resync_at)

    def forget(self, uid: str) -> None:
        """Drop the schedule of a deleted pipeline."""
        self._items.pop(uid, None)

    def _item(self, reference: Reference) -> Item:
        item = self._items.setdefault(reference.uid, Item(reference))
        item.reference = reference
        return item

    def _resync_in(self, item: Item, seconds: float) -> None:
        if not item.dirty:
            item.resync_at = self._clock() + seconds

    def _waiting(self) -> list[Item]:
        now, active = self._clock(), self._active
        items = list(self._items.values())
        return [item for item in items if now >= item.due_at and item.reference.uid not in active]
