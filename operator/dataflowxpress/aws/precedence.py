"""Precedence: while a request is processed, each call of routine waits for a moment.

Python runs one thread at a time. So a dozen comparisons would delay a user's change by their own
processor time, even if the rates of AWS delay nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .turns import Priority

PATIENCE = 0.25  # seconds that a call waits; then it is made in any case


class Precedence:
    """The requests in progress, for which routine waits."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._requests, self._ended = 0, threading.Condition()

    @contextmanager
    def of(self, priority: Priority) -> Iterator[None]:
        """Do work of this priority."""
        is_request = priority is Priority.REQUEST
        with self._ended:
            self._requests += is_request
        try:
            yield
        finally:
            with self._ended:
                self._requests -= is_request
                self._ended.notify_all()

    def give_way(self, priority: Priority) -> None:
        """Wait until no request is in progress, if the next call is one of routine."""
        if priority is Priority.ROUTINE:
            with self._ended:
                self._ended.wait_for(lambda: not self._requests, self._patience)


PRECEDENCE = Precedence()  # of this process
