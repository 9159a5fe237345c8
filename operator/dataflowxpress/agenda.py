"""Agenda: when each pipeline is due, who works on it, and whether that work still gets on."""

from __future__ import annotations

import contextlib
import math
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from .reconcile import Report

BUSY_LOOK = 5.0  # seconds between looks at data on the move
IDLE_LOOK = 60.0  # seconds between looks at other data, where nobody asks for more
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0  # seconds
STUCK = 1800.0  # seconds that work on one pipeline may take: emptying a bucket is the longest
STARVED = 300.0  # seconds that a pipeline may wait to be taken up while no work ends at all


class Agenda:
    """When each pipeline is due, and who works on it now."""

    def __init__(
        self,
        idle_look: float = IDLE_LOOK,
        stuck: float = STUCK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle_look, self._stuck, self._clock = idle_look, stuck, clock
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._look: dict[str, float] = {}
        self._resync: dict[str, float] = {}
        self._failures: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, float] = {}
        self._working: dict[str, tuple[float, str]] = {}
        self._ended = clock()

    @contextlib.contextmanager
    def work(self, uid: str, who: str) -> Iterator[None]:
        """Make work on one pipeline follow, not overlap; *who* is its name for people."""
        with self._locks[uid]:
            self._waiting.pop(uid, None)
            self._working[uid] = self._clock(), who
            try:
                yield
            finally:
                self._working.pop(uid, None)
                self._ended = self._clock()

    def stuck(self) -> str:
        """Say what no longer gets on, or nothing."""
        now = self._clock()
        for began, who in list(self._working.values()):
            if now - began > self._stuck:
                return f"work on {who} has not ended for {now - began:.0f} s"
        if min(self.longest_wait(), now - self._ended) > STARVED:
            return f"no work has ended for {STARVED:.0f} s; pipelines that wait: {self.depth()}"
        return ""

    def depth(self) -> int:
        """Count the pipelines that are due and not taken up yet."""
        return len(self._waiting)

    def busy(self) -> set[str]:
        """Return the pipelines that are being worked on."""
        return set(self._working)

    def working(self) -> int:
        """Count the pipelines that are being worked on."""
        return len(self._working)

    def longest_wait(self) -> float:
        """Return for how many seconds the pipeline that waits longest has been due."""
        now = self._clock()
        return max((now - since for since in list(self._waiting.values())), default=0)

    def due(self, uid: str) -> str:
        """Return `resync`, `look` or nothing; a pipeline that has not begun is never due."""
        now = self._clock()
        what = "look" if now >= self._look.get(uid, math.inf) else ""
        what = "resync" if now >= self._resync.get(uid, math.inf) else what
        if what:
            self._waiting.setdefault(uid, now)
        return what

    def start(self, uid: str, *, within: float) -> None:
        """Begin with a pipeline, if it is new, at a random moment: after a restart all are."""
        self._resync.setdefault(uid, self._clock() + random.uniform(0, within))  # noqa: S311

    def note(self, uid: str, report: Report, *, resynced: bool) -> None:
        """Set the next times by what a report says."""
        now = self._clock()
        self._look[uid] = now + min(BUSY_LOOK if report.busy else math.inf, self._idle_look)
        if not report.settled:
            self.fail(uid, resynced=resynced)
        elif report.compare and not resynced:
            self._resync[uid] = now
        elif resynced:
            self._failures.pop(uid, None)
            self._resync[uid] = now + report.resync * random.uniform(0.9, 1.1)  # noqa: S311

    def fail(self, uid: str, *, resynced: bool) -> None:
        """Compare everything again later, and later each time; a look puts nothing off."""
        wait = min(FIRST_RETRY * 2 ** self._failures[uid], LONGEST_RETRY)
        again = self._clock() + wait * random.uniform(0.8, 1.2)  # noqa: S311
        if resynced:
            self._failures[uid] += 1
            self._resync[uid] = again
        else:
            self._resync[uid] = min(again, self._resync.get(uid, math.inf))

    def forget(self, uid: str) -> None:
        """Drop what is known of a pipeline that is gone."""
        for book in (self._locks, self._look, self._resync, self._failures, self._waiting):
            book.pop(uid, None)
