"""Agenda: when each pipeline is due, who works on it, and whether that work still gets on."""

from __future__ import annotations

import contextlib
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dataflowxpress.api.pipeline import Reference

from .reconciler import Report

BUSY_LOOK = 5.0  # seconds between looks at data on the move
IDLE_LOOK = 60.0  # seconds between looks at other data, where nobody asks for more
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0  # seconds
DOUBLINGS = 10  # or, after days, the wait would be more seconds than a float can count
STUCK = 1800.0  # seconds that work on one pipeline may take without getting on
STARVED = 300.0  # seconds that a pipeline may wait to be taken up while no work gets on at all
NEVER = math.inf


@dataclass(slots=True)
class Entry:
    """What is planned for one pipeline."""

    reference: Reference
    look: float = NEVER
    resync: float = NEVER
    failures: int = 0
    claimed: bool = False  # somebody is about to work on it
    asked: bool = False  # there is news that the work in hand may have begun without
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def next(self) -> float:
        """When it is due."""
        return min(self.look, self.resync)


def backoff(failures: int, longest: float = LONGEST_RETRY) -> float:
    """Return for how many seconds to wait after so many failures in a row."""
    return min(FIRST_RETRY * float(2 ** min(failures, DOUBLINGS)), longest)


class Agenda:
    """When each pipeline is due, and who works on it now."""

    def __init__(
        self,
        idle_look: float = IDLE_LOOK,
        stuck: float = STUCK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle_look, self._stuck, self._clock = idle_look, stuck, clock
        self._entries: dict[str, Entry] = {}
        self._working: dict[str, tuple[float, Reference]] = {}
        self._moved, self._news = clock(), threading.Event()

    @contextlib.contextmanager
    def work(self, reference: Reference) -> Iterator[Callable[[], None]]:
        """Make work on one pipeline follow, not overlap.

        What it gives is to be called whenever the work has got on.
        """

        def get_on() -> None:
            self._moved = self._clock()
            self._working[reference.uid] = self._moved, reference

        entry = self._entry(reference)
        with entry.lock:
            entry.claimed = entry.asked = False
            get_on()
            try:
                yield get_on
            finally:
                self._working.pop(reference.uid, None)
                self._moved = self._clock()

    def stuck(self) -> str:
        """Say what no longer gets on, or nothing."""
        now = self._clock()
        for moved, who in list(self._working.values()):
            if now - moved > self._stuck:
                return f"work on {who} has not got on for {now - moved:.0f} s"
        if min(self.longest_wait(), now - self._moved) > STARVED:
            return f"no work has got on for {STARVED:.0f} s; pipelines that wait: {self.depth()}"
        return ""

    def depth(self) -> int:
        """Count the pipelines that are due and not taken up yet."""
        return len(self._waiting())

    def busy(self) -> set[str]:
        """Return the pipelines that are being worked on."""
        return set(self._working)

    def working(self) -> int:
        """Count the pipelines that are being worked on."""
        return len(self._working)

    def longest_wait(self) -> float:
        """Return for how many seconds the pipeline that waits longest has been due."""
        now = self._clock()
        return max((now - entry.next for entry in self._waiting()), default=0)

    def due(self, uid: str) -> str:
        """Return `resync`, `look` or nothing; a pipeline that has not begun is never due."""
        now, entry = self._clock(), self._entries.get(uid)
        if entry is None or now < entry.next:
            return ""
        return "resync" if now >= entry.resync else "look"

    def claim(self) -> list[Reference]:
        """Return the pipelines that are due, each once until it has been worked on."""
        free = [entry for entry in self._waiting() if not entry.claimed]
        for entry in free:
            entry.claimed = True
        return [entry.reference for entry in sorted(free, key=lambda entry: entry.next)]

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until something is to be done at once."""
        self._news.wait(seconds)
        self._news.clear()

    def start(self, reference: Reference, *, within: float) -> None:
        """Begin with a pipeline, if it is new, at a random moment: after a restart all are."""
        entry = self._entry(reference)
        if entry.resync == NEVER:
            entry.resync = self._clock() + random.uniform(0, within)  # noqa: S311

    def ask(self, reference: Reference) -> None:
        """Compare everything now; work in hand does not answer that."""
        entry = self._entry(reference)
        entry.asked, entry.resync = True, self._clock()
        self._news.set()

    def note(self, uid: str, report: Report, *, resynced: bool) -> None:
        """Set the next times by what a report says."""
        if not (entry := self._entries.get(uid)):
            return
        now = self._clock()
        entry.look = now + min(BUSY_LOOK if report.busy else NEVER, self._idle_look)
        if not report.settled:
            self.fail(uid, resynced=resynced)
        elif report.compare and not resynced:
            entry.resync = now
        elif resynced:
            entry.failures = 0
            self._resync_in(entry, report.resync * random.uniform(0.9, 1.1))  # noqa: S311

    def fail(self, uid: str, *, resynced: bool) -> None:
        """Compare everything again later, and later each time; a look puts nothing off."""
        if not (entry := self._entries.get(uid)):
            return
        wait = backoff(entry.failures) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        if resynced:
            entry.failures += 1
            self._resync_in(entry, wait)
        else:
            entry.resync = min(self._clock() + wait, entry.resync)

    def forget(self, uid: str) -> None:
        """Drop what is known of a pipeline that is gone."""
        self._entries.pop(uid, None)

    def _entry(self, reference: Reference) -> Entry:
        entry = self._entries.setdefault(reference.uid, Entry(reference))
        entry.reference = reference
        return entry

    def _resync_in(self, entry: Entry, seconds: float) -> None:
        if not entry.asked:
            entry.resync = self._clock() + seconds

    def _waiting(self) -> list[Entry]:
        now, working = self._clock(), self._working
        entries = list(self._entries.values())
        return [e for e in entries if now >= e.next and e.reference.uid not in working]
