"""Precedence: routine waits for requests in progress, but never for long."""

from __future__ import annotations

import threading

import pytest

from dataflowxpress.aws.precedence import Precedence
from dataflowxpress.aws.turns import Priority

SECONDS = 20  # until a thread must have gone on


def started(precedence: Precedence, priority: Priority) -> threading.Thread:
    """Start a thread that makes one call."""
    thread = threading.Thread(target=precedence.give_way, args=(priority,), daemon=True)
    thread.start()
    return thread


def goes_on(thread: threading.Thread) -> bool:
    thread.join(SECONDS)
    return not thread.is_alive()


def test_routine_waits_until_the_last_request_has_ended() -> None:
    precedence = Precedence(patience=10 * SECONDS)
    with precedence.of(Priority.REQUEST):
        with precedence.of(Priority.REQUEST):
            routine = started(precedence, Priority.ROUTINE)
        routine.join(0.1)
        assert routine.is_alive()
    assert goes_on(routine)


def test_routine_goes_on_although_requests_do_not_end() -> None:
    precedence = Precedence(patience=0.01)
    with precedence.of(Priority.REQUEST):
        assert goes_on(started(precedence, Priority.ROUTINE))


def test_requests_and_deletions_wait_for_nobody() -> None:
    precedence = Precedence(patience=10 * SECONDS)
    with precedence.of(Priority.REQUEST):
        assert goes_on(started(precedence, Priority.REQUEST))
        assert goes_on(started(precedence, Priority.DELETION))


def test_a_request_that_fails_has_ended() -> None:
    precedence = Precedence(patience=10 * SECONDS)
    with pytest.raises(LookupError), precedence.of(Priority.REQUEST):
        raise LookupError
    assert goes_on(started(precedence, Priority.ROUTINE))


def test_routine_waits_for_no_other_routine() -> None:
    precedence = Precedence(patience=10 * SECONDS)
    with precedence.of(Priority.ROUTINE), precedence.of(Priority.DELETION):
        assert goes_on(started(precedence, Priority.ROUTINE))
