"""Turns: the order of the calls that wait for the same service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from itertools import count
from typing import NamedTuple

AGING = 4  # each so many calls, the one that has waited longest precedes all others


class Priority(IntEnum):
    """The order in which due pipelines are processed, and their waiting calls sent."""

    REQUEST = 0  # a person or a GitOps tool waits for it
    DELETION = 1
    ROUTINE = 2  # polls, resyncs and retries


class Claim(NamedTuple):
    """On whose behalf a call is made."""

    priority: Priority = Priority.REQUEST  # the command line has no other
    namespace: str = ""


NOBODY = Claim()
_claim: ContextVar[Claim] = ContextVar("claim", default=NOBODY)


def claim() -> Claim:
    """Return the claim of the calls that the current thread makes."""
    return _claim.get()


@contextmanager
def on_behalf(priority: Priority, namespace: str) -> Iterator[None]:
    """Make all calls within, also those of a Pool, on behalf of a pipeline in *namespace*."""
    token = _claim.set(Claim(priority, namespace))
    try:
        yield
    finally:
        _claim.reset(token)


class Call(NamedTuple):
    """A call that waits."""

    claim: Claim
    arrival: int


class Turns:
    """The order of the calls that wait for one bucket.

    Requests precede deletions, and these precede routine. Among equals, namespaces take turns. So
    that no call waits for ever, one in `AGING` calls is the oldest of all.
    """

    def __init__(self) -> None:
        self._waiting: list[Call] = []
        self._arrivals = count()
        self._served: dict[str, int] = {}  # the number of the last call of each namespace
        self._calls = 0

    def join(self, claim: Claim) -> Call:
        """Add a call."""
        call = Call(claim, next(self._arrivals))
        self._waiting.append(call)
        return call

    def leave(self, call: Call, *, sent: bool) -> None:
        """Remove a call."""
        self._waiting.remove(call)
        if sent:
            self._calls += 1
            self._served[call.claim.namespace] = self._calls
            self._forget_idle()

    def is_next(self, call: Call) -> bool:
        """Return whether no other call precedes this one."""
        if self._calls % AGING == AGING - 1:
            return self._waiting[0] is call
        return min(self._waiting, key=self._rank) is call

    def _rank(self, call: Call) -> tuple[int, int, int]:
        return call.claim.priority, self._served.get(call.claim.namespace, 0), call.arrival

    def _forget_idle(self) -> None:
        """Forget the turns of namespaces that do not wait, once none waits."""
        if not self._waiting:
            self._served.clear()
