"""Progress: a command that waits says so, and what goes on without it."""

from __future__ import annotations

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress.cli.failures import Failure
from dataflowxpress.cli.progress import follow


def test_an_interrupted_wait_says_that_the_work_continues(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted() -> Status:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(interrupted, lambda _: True, 1, "a run of orders")

    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "Waiting: a run of orders.",
        "No longer waiting: a run of orders. The work itself continues.",
    ]


def test_a_wait_that_takes_too_long_fails_with_the_last_state() -> None:
    with pytest.raises(Failure, match=r"a run of orders: not done after 0 s\n") as failed:
        follow(Status, lambda _: False, 0, "a run of orders")
    assert failed.value.why == "the pipeline has no condition Ready yet"
    assert "--timeout" in failed.value.fix
