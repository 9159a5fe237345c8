"""Election: runs the operator's work only while this process holds the Lease."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Protocol

from kubernetes.client import ApiException

from dataflowxpress.kube.client import UNANSWERED
from dataflowxpress.kube.lease import Lease

from .watchdog import Watchdog

log = logging.getLogger(__name__)

RETRY = 2.0  # seconds between attempts to acquire or renew the Lease
DEADLINE = 10.0  # seconds without renewal after which the process exits, before the Lease expires
SILENCE = 30.0  # seconds without a response after which a standby is not ready


class Work(Protocol):
    """The work of the leader."""

    def start(self) -> None:
        """Start the work."""

    def alive(self) -> bool:
        """Return whether the work is still running."""

    def stop(self) -> None:
        """Stop the work within a short time."""


class Election:
    """Runs *work* while it holds *lease*, or immediately without a lease.

    *wait* waits for some seconds, or returns True as soon as the process must stop.
    """

    def __init__(
        self,
        lease: Lease | None,
        work: Work,
        wait: Callable[[float], bool],
        clock: Callable[[], float] = time.monotonic,
        watchdog: Watchdog | None = None,
    ) -> None:
        self._lease, self._work, self._wait, self._clock = lease, work, wait, clock
        self._watchdog = watchdog or Watchdog()
        self._responded, self._checked = -math.inf, math.inf
        self._problem = "the Lease was not requested yet"
        self.leading = False

    def run(self) -> bool:
        """Stand by, lead, hand over; returns False if the work ended by itself."""
        while not self._hold():
            if self._wait(RETRY):
                return True
        self.leading = True
        return self._lead()

    def ready(self) -> str:
        """Describe why the process neither leads nor stands by, or return an empty string."""
        since = self._clock() - self._responded
        return self._problem if since > (DEADLINE if self.leading else SILENCE) else ""

    def responsive(self) -> str:
        """Describe a hang of the main thread, or return an empty string."""
        since = self._clock() - self._checked
        return f"the main thread has hung for {since:.0f} s" if since > SILENCE else ""

    def _lead(self) -> bool:
        log.info("leading%s", f" as {self._lease.holder}" if self._lease else "")
        self._work.start()
        stopped = False
        while self._work.alive() and not (stopped := self._wait(RETRY)):
            self._hold()
        self._hold()  # the rest of the work must end before the deadline
        self._work.stop()
        self._release()
        return stopped

    def _hold(self) -> bool:
        """Acquire or renew the Lease, and extend the watchdog that ends the process without it."""
        self._checked = now = self._clock()
        try:
            held = self._lease is None or self._lease.hold()
        except UNANSWERED as error:
            self._problem = f"the Lease cannot be acquired or renewed: {_describe(error)}"
            log.warning("%s", self._problem)
            return False
        self._responded = now
        if self.leading and not held:
            self._watchdog.end("another operator has acquired the Lease: exiting")
        if self._lease and held:
            self._watchdog.extend(now + DEADLINE - self._clock())
        return held

    def _release(self) -> None:
        if self._lease:
            try:
                self._lease.release()
            except UNANSWERED as error:
                log.warning("the Lease cannot be released and must expire: %s", _describe(error))
            self._watchdog.remove()


def _describe(error: Exception) -> str:
    if isinstance(error, ApiException):
        return f"{error.status} {error.reason}"
    return str(error)
