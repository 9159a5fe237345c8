"""Conditions: merges new observations into the conditions of a status. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Condition, Status
from dataflowxpress.api.timestamps import format_time


class ConditionUpdate(NamedTuple):
    """The new value of a condition; *holds* is None if it is unknown."""

    type: str
    holds: bool | None
    reason: Reason
    message: str = ""


def set_conditions(status: Status, *updates: ConditionUpdate) -> Status:
    """Return *status* with *updates* as of now."""
    return merge_conditions(status, updates, datetime.now(UTC))


def merge_conditions(status: Status, updates: Iterable[ConditionUpdate], now: datetime) -> Status:
    """Return *status* with *updates*; a transition time changes only with a condition's status."""
    merged = {condition.type: condition for condition in status.conditions}
    merged |= {update.type: _condition(update, status, now) for update in updates}
    return status.model_copy(update={"conditions": tuple(merged.values())})


def _condition(update: ConditionUpdate, status: Status, now: datetime) -> Condition:
    state = {True: "True", False: "False", None: "Unknown"}[update.holds]
    before = status[update.type]
    unchanged = before is not None and before.status == state
    return Condition.model_validate(
        {
            "type": update.type,
            "status": state,
            "reason": update.reason.value,
            "message": update.message,
            "observedGeneration": status.observed_generation,
            "lastTransitionTime": before.last_transition_time
            if before and unchanged
            else format_time(now),
        }
    )
