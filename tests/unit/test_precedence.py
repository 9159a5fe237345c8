"""Precedence: routine waits for requests in progress, but never for long."""

from __future__ import annotations

import threading
import time

import pytest

from dataflowxpress.aws.precedence import Precedence
from dataflowxpress.aws.turns import Priority

SECONDS = 20  # until a thread must have gone on
LONG = 10 * SECONDS


def started(precedence: Precedence, priority: Priority, calls: int = 1) -> threading.Thread:
    """Start a thread that makes some calls."""

    def work() -> None:
        with precedence.of(priority):
            for _ in range(calls):
                precedence.give_way()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def goes_on(thread: threading.Thread) -> bool:
    thread.join(SECONDS)
    return not thread.is_alive()


def test_routine_waits_until_the_last_request_has_ended() -> None:
    precedence = Precedence(LONG)
    with precedence.of(Priority.REQUEST):
        with precedence.of(Priority.REQUEST):
            routine = started(precedence, Priority.ROUTINE)
        routine.join(0.1)
        assert routine.is_alive()
    assert goes_on(routine)


def test_routine_goes_on_although_requests_do_not_end() -> None:
    precedence = Precedence(0.01)
    with precedence.of(Priority.REQUEST):
        assert goes_on(started(precedence, Priority.ROUTINE))


def test_many_calls_of_a_task_wait_no_longer_than_one() -> None:
    precedence, began = Precedence(0.2), time.monotonic()
    with precedence.of(Priority.REQUEST):
        assert goes_on(started(precedence, Priority.ROUTINE, calls=1_000))
    assert time.monotonic() - began >= 0.2


def test_requests_and_deletions_wait_for_nobody() -> None:
    precedence = Precedence(LONG)
    with precedence.of(Priority.REQUEST):
        assert goes_on(started(precedence, Priority.REQUEST))
        assert goes_on(started(precedence, Priority.DELETION))


def test_calls_outside_of_a_task_wait_for_nobody() -> None:
    precedence = Precedence(LONG)
    thread = threading.Thread(target=precedence.give_way, daemon=True)
    with precedence.of(Priority.REQUEST):
        thread.start()
        assert goes_on(thread)


def test_a_request_that_fails_has_ended() -> None:
    precedence = Precedence(LONG)
    with pytest.raises(LookupError), precedence.of(Priority.REQUEST):
        raise LookupError
    assert goes_on(started(precedence, Priority.ROUTINE))


def test_routine_waits_for_no_other_routine() -> None:
    precedence = Precedence(LONG)
    with precedence.of(Priority.ROUTINE), precedence.of(Priority.DELETION):
        assert goes_on(started(precedence, Priority.ROUTINE))
