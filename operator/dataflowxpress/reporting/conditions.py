"""Conditions: what holds or not, and since when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import TIME, Condition, Status

MOST_NAMED = 3  # how many resources a condition's message names


class ConditionUpdate(NamedTuple):
    """A condition without its bookkeeping."""

    type: str
    holds: bool | None
    reason: Reason
    message: str = ""


def merge_conditions(
    status: Status, observation: Iterable[ConditionUpdate], now: datetime
) -> Status:
    """Return *status* with *facts* in it; a transition time moves only when a status changes."""
    merged = {condition.type: condition for condition in status.conditions}
    merged |= {fact.type: _condition(fact, status, now) for fact in observation}
    return status.model_copy(update={"conditions": tuple(merged.values())})


def _condition(fact: ConditionUpdate, status: Status, now: datetime) -> Condition:
    state = {True: "True", False: "False", None: "Unknown"}[fact.holds]
    before = status[fact.type]
    unchanged = before is not None and before.status == state
    return Condition.model_validate(
        {
            "type": fact.type,
            "status": state,
            "reason": fact.reason.value,
            "message": fact.message,
            "observedGeneration": status.observed_generation,
            "lastTransitionTime": before.last_transition_time
            if before and unchanged
            else now.strftime(TIME),
        }
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 row`, `2 rows`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(said: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return what was *said* in one line, and how much more there is than the *most* named."""
    more = len(said) - most
    return "; ".join(said[:most]) + (f"; and {more} more" if more > 0 else "")
