"""Election: work is done while the Lease is held, and not a moment longer."""

from __future__ import annotations

import faulthandler
import logging
import math
import os
import time
from collections.abc import Callable
from typing import Protocol

from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from dataflowxpress.kube.lease import Lease

log = logging.getLogger(__name__)

RETRY = 2.0  # seconds between attempts to take or renew the Lease
DEADLINE = 10.0  # seconds after which a Lease that was not renewed ends us, before it expires
SILENCE = 30.0  # seconds without an answer after which we are not even standing by


class Work(Protocol):
    """What only the holder of the Lease may do."""

    def start(self) -> None:
        """Begin."""

    def alive(self) -> bool:
        """Say whether it still goes on."""

    def stop(self) -> None:
        """End it, or give up soon."""


class Election:
    """Runs *work* as the holder of *lease*, or at once where there is none.

    *wait* waits for some seconds, or returns True as soon as we are asked to stop.
    """

    def __init__(
        self,
        lease: Lease | None,
        work: Work,
        wait: Callable[[float], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lease, self._work, self._wait, self._clock = lease, work, wait, clock
        self._answered, self._turned = -math.inf, math.inf
        self._problem = "the Lease was not asked for"
        self.leading = False

    def run(self) -> bool:
        """Stand by, lead, hand over; False where the work has ended by itself."""
        while not self._held():
            if self._wait(RETRY):
                return True
        self.leading = True
        return self._lead()

    def standing(self) -> str:
        """Say why we neither lead nor stand by, or nothing."""
        since = self._clock() - self._answered
        return self._problem if since > (DEADLINE if self.leading else SILENCE) else ""

    def turning(self) -> str:
        """Say that the main thread hangs, or nothing."""
        since = self._clock() - self._turned
        return f"the main thread has hung for {since:.0f} s" if since > SILENCE else ""

    def _lead(self) -> bool:
        log.info("working%s", f" as {self._lease.holder}" if self._lease else "")
        self._work.start()
        stopped = False
        while self._work.alive() and not (stopped := self._wait(RETRY)):
            self._held()
        self._held()  # what is left to do is to end before the deadline
        self._work.stop()
        self._release()
        return stopped

    def _held(self) -> bool:
        """Take or renew the Lease, and wind up the clock that ends us when we no longer can.

        That clock is a thread outside of the interpreter: even a process that was stopped or hangs
        does nothing more once another works.
        """
        self._turned = now = self._clock()
        try:
            held = self._lease is None or self._lease.hold()
        except (ApiException, HTTPError) as error:
            self._problem = f"the Lease cannot be asked for: {_words(error)}"
            log.warning("%s", self._problem)
            return False
        self._answered = now
        if self.leading and not held:
            log.error("another operator has taken the Lease")
            os._exit(1)
        if self._lease and held:
            left = max(0.001, now + DEADLINE - self._clock())
            faulthandler.dump_traceback_later(left, exit=True)
        return held

    def _release(self) -> None:
        if self._lease:
            try:
                self._lease.release()
            except (ApiException, HTTPError) as error:
                log.warning("the Lease expires by itself: %s", _words(error))
            faulthandler.cancel_dump_traceback_later()


def _words(error: Exception) -> str:
    if isinstance(error, ApiException):
        return f"{error.status} {error.reason}"
    return str(error)
