"""Precedence: while a request is processed, routine makes no calls, for a second at most.

Python runs one thread at a time. So a dozen comparisons would delay a user's change by their own
processor time, even if the rates of AWS delay nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from .turns import Priority

LONGEST_WAIT = 1.0  # seconds of a poll or comparison in all, however many calls it makes


@dataclass
class WaitBudget:
    """The seconds that a task still waits for requests; its threads share them."""

    seconds: float


NO_WAIT = WaitBudget(0)
_budget: ContextVar[WaitBudget] = ContextVar("budget", default=NO_WAIT)


class Precedence:
    """The requests in progress, for which routine waits."""

    def __init__(self, longest_wait: float = LONGEST_WAIT) -> None:
        self._longest_wait = longest_wait
        self._requests, self._ended = 0, threading.Condition()

    @contextmanager
    def of(self, priority: Priority) -> Iterator[None]:
        """Do work of this priority."""
        is_request = priority is Priority.REQUEST
        is_routine = priority is Priority.ROUTINE
        token = _budget.set(WaitBudget(self._longest_wait) if is_routine else NO_WAIT)
        with self._ended:
            self._requests += is_request
        try:
            yield
        finally:
            with self._ended:
                self._requests -= is_request
                self._ended.notify_all()
            _budget.reset(token)

    def give_way(self) -> None:
        """Before a call: wait until no request is in progress, if the task is routine."""
        budget = _budget.get()
        if budget.seconds <= 0:
            return
        with self._ended:
            if self._requests:
                began = time.monotonic()
                self._ended.wait_for(lambda: not self._requests, budget.seconds)
                budget.seconds -= time.monotonic() - began


PRECEDENCE = Precedence()  # of this process
