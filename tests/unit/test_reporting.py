"""Reporting: when a status is worth a write to the API server."""

from __future__ import annotations

from datetime import datetime

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress.reporting.status import compared, is_worth_a_write

BEFORE = Status(observed_generation=1, last_compared_at="2026-01-01T12:00:00Z")


def at(clock: str, **more: int) -> Status:
    return BEFORE.model_copy(update={"last_compared_at": f"2026-01-01T12:{clock}Z", **more})


@pytest.mark.parametrize(
    ("after", "worth"),
    [
        (BEFORE, False),
        (at("08:59"), False),
        (at("09:00"), True),
        (at("00:01", observed_generation=2), True),
    ],
    ids=["nothing changed", "compared again", "compared again, nine minutes later", "a change"],
)
def test_a_comparison_that_finds_nothing_is_written_at_a_bounded_rate(
    after: Status, *, worth: bool
) -> None:
    assert is_worth_a_write(BEFORE, after) is worth


def test_the_first_comparison_is_written() -> None:
    never = Status()
    after = compared(never)
    assert datetime.fromisoformat(after.last_compared_at).tzinfo
    assert is_worth_a_write(never, after)
    assert not is_worth_a_write(after, compared(after))
