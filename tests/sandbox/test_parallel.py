from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from dataflowxpress_sandbox import parallel

_SECONDS = 20


def test_tasks_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=_SECONDS)

    parallel.run(lambda _: both.wait(), lambda _: both.wait())

    assert not both.broken


def test_without_tasks_it_returns() -> None:
    parallel.run()


def test_the_failure_of_one_task_cancels_the_others_and_is_raised() -> None:
    ended: list[str] = []

    def other(cancelled: threading.Event) -> None:
        assert cancelled.wait(_SECONDS)
        ended.append("cleaned up")
        raise parallel.Cancelled

    def fails(_: threading.Event) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        parallel.run(other, fails)

    assert ended == ["cleaned up"]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Receive SIGINT as Python does by default; a shell's background job ignores it."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_cancels_every_task_before_it_is_raised() -> None:
    ended: list[str] = []

    def task(cancelled: threading.Event) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        assert cancelled.wait(_SECONDS)
        ended.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        parallel.run(task)

    assert ended == ["cleaned up"]
