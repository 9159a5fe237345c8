"""Health: one word for the state of a pipeline, and the condition that decides it. Pure."""

from __future__ import annotations

from enum import StrEnum

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Condition

GOOD_WHEN_FALSE = frozenset({"Reconciling", "Stalled", "Drifted"})
DECISIVE = ("Stalled", "Ready", "DataCurrent", "Drifted")  # the first that is bad decides
# Reasons whose fix is a choice of the user, and no repair.
CHOICES = frozenset(
    {Reason.RESOURCE_IN_USE, Reason.PROPAGATING, Reason.PLANNED, Reason.SUSPENDED, Reason.PAUSED}
)


class Health(StrEnum):
    """The states of a pipeline and of a hop of its flow, the worst first."""

    FAILING = "failing"
    DRIFTING = "drifting"
    WAITING = "waiting"
    ACTIVE = "active"
    UNKNOWN = "unknown"
    PAUSED = "paused"
    HEALTHY = "healthy"


def worst(*states: Health) -> Health:
    """Return the first of the states in the order of Health; HEALTHY if there is none."""
    order = list(Health)
    return min(states, key=order.index, default=Health.HEALTHY)


def health_of(condition: Condition) -> Health:
    """Return what a condition means; a reason that is unknown here is a failure."""
    if condition.status == "Unknown":
        return Health.UNKNOWN
    if is_good(condition):
        return Health.HEALTHY
    if condition.reason == Reason.PAUSED:
        return Health.PAUSED
    if condition.type == "Drifted":
        return Health.DRIFTING
    if condition.type in {"Reconciling", "SubscriptionsConfirmed"}:
        return Health.WAITING
    return Health.FAILING if _needs_repair(condition.reason) else Health.WAITING


def _needs_repair(reason: str) -> bool:
    """Return whether a person must repair something; a reason that is unknown here needs it."""
    if reason not in set(Reason):
        return True
    return reason == Reason.BLOCKED or (bool(Reason(reason).fix) and reason not in CHOICES)


def is_good(condition: Condition) -> bool:
    """Return whether the condition has the status that users want."""
    return condition.status == ("False" if condition.type in GOOD_WHEN_FALSE else "True")


def decisive(pipeline: Pipeline) -> tuple[Health, Condition | None]:
    """Return the state of a pipeline, and the condition that decides it.

    Without a status of the current spec the state is UNKNOWN, also if an older one was good.
    """
    status = pipeline.status
    if status.observed_generation != pipeline.generation:
        return Health.UNKNOWN, None
    if pipeline.paused:
        return Health.PAUSED, status["Reconciling"]
    found = [(health_of(c), c) for name in DECISIVE if (c := status[name])]
    if not found:
        return Health.UNKNOWN, None
    state = worst(*(each for each, _ in found))
    condition = next(c for each, c in found if each is state)
    if condition.type == "Stalled":  # its message refers to that of Ready
        condition = status["Ready"] or condition
    return state, condition


def fix_of(reason: str) -> str:
    """Return the fix of a reason, or an empty text: none is needed, or the reason is unknown."""
    return Reason(reason).fix if reason in set(Reason) else ""


def meaning_of(reason: str) -> str:
    """Return the meaning of a reason, or an empty text if it is unknown."""
    return Reason(reason).meaning if reason in set(Reason) else ""
