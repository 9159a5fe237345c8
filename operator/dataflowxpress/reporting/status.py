"""Status: the status of a pipeline at each stage of a reconciliation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataflowxpress.api.annotations import PAUSED, PLAN
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status
from dataflowxpress.api.timestamps import format_now, parse_time
from dataflowxpress.planning.step import Outcome, Step

from .conditions import ConditionUpdate, set_conditions
from .drift import differing, drift_of
from .inventory import planned_resource_statuses, resource_statuses
from .outcomes import are_as_specified, conditions_of
from .text import pluralize, summarize

_UNCHANGED = "differ from it and stay unchanged because driftPolicy is Report"
COMPARED_WRITE = 540  # seconds between writes of only the time of the comparison
_REMOVE = "remove the annotation"


def compared(status: Status) -> Status:
    """Return *status* with the time of a comparison that has just read AWS."""
    return status.model_copy(update={"last_compared_at": format_now()})


def is_worth_a_write(before: Status, after: Status) -> bool:
    """Return whether more than the time of the comparison changed, or that time is due."""
    same_time = {"last_compared_at": before.last_compared_at}
    if after.model_copy(update=same_time) != before:
        return True
    was, now = before.last_compared_at, after.last_compared_at
    if was == now:
        return False
    return not was or (parse_time(now) - parse_time(was)).total_seconds() >= COMPARED_WRITE


def applying(status: Status, steps: Sequence[Step], tags: Iterable[str] = ()) -> Status:
    """Return the status before the first write: it records all existing and planned resources."""
    keys = tuple(sorted({*status.tag_keys, *tags}))
    resources = planned_resource_statuses(steps, status)
    status = status.model_copy(update={"resources": resources, "tag_keys": keys})
    updates = [ConditionUpdate("Reconciling", True, Reason.APPLYING)]
    if not status["Ready"]:
        message = "the operator is creating the resources"
        updates.append(ConditionUpdate("Ready", False, Reason.CREATING, message))
    return set_conditions(status, *updates)


def applied(status: Status, outcomes: Sequence[Outcome], *, drifted: bool) -> Status:
    """Return the status after *outcomes*; changes are drift if *drifted* is set."""
    resources = resource_statuses(outcomes, status)
    status = status.model_copy(update={"resources": resources, "drift": ()})
    return set_conditions(status, *conditions_of(outcomes, drifted=drifted))


def converged(status: Status, tags: Iterable[str]) -> Status:
    """Record the tags of an applied spec, and its generation once the pipeline is ready."""
    update: dict[str, object] = {"tag_keys": tuple(sorted(tags))}
    if status.holds("Ready"):
        update["applied_generation"] = status.observed_generation
    return status.model_copy(update=update)


def reported(status: Status, steps: Sequence[Step]) -> Status:
    """Report the differences of a pipeline whose drift policy is `Report`."""
    status = set_conditions(status, *conditions_of(list(map(Outcome, steps)), drifted=False))
    changed = differing(steps)
    status = status.model_copy(update={"drift": tuple(map(drift_of, changed))})
    if not changed:
        return status
    summary = summarize([step.summary for step in changed])
    updates = [ConditionUpdate("Drifted", True, Reason.REPORTED, summary)]
    if status.holds("Ready"):
        message = f"the spec was applied; {len(changed)} of {len(steps)} resources {_UNCHANGED}"
        updates.append(ConditionUpdate("Ready", True, Reason.CONVERGED, message))
    return set_conditions(status, *updates)


def planned(status: Status, steps: Sequence[Step], effects: Sequence[str] = ()) -> Status:
    """Report the planned changes of a pipeline that carries the plan annotation.

    *effects* say what they mean for the data.
    """
    changed = differing(steps)
    ready = ConditionUpdate("Ready", True, Reason.CONVERGED, are_as_specified(len(steps)))
    if changed:
        message = f"{pluralize(len(changed), 'resource')} not as specified: see status.drift"
        message = "; ".join([message, *effects])
        ready = ConditionUpdate("Ready", False, Reason.PLANNED, message)
    return set_conditions(
        status.model_copy(update={"drift": tuple(map(drift_of, changed))}),
        ConditionUpdate("Reconciling", False, Reason.PLANNED, f"{_REMOVE} {PLAN} to apply changes"),
        ConditionUpdate("Stalled", False, Reason.PROGRESSING),
        ready,
    )


def paused(status: Status) -> Status:
    """Report that the operator makes no call to AWS."""
    message = f"{_REMOVE} {PAUSED} to resume"
    return set_conditions(status, ConditionUpdate("Reconciling", False, Reason.PAUSED, message))


def failed(status: Status, problem: Problem) -> Status:
    """Report a problem that prevented the whole reconciliation."""
    reason, message, stalled = problem
    return set_conditions(
        status,
        ConditionUpdate("Ready", False, reason, message),
        ConditionUpdate("Reconciling", not stalled, reason if stalled else Reason.RETRYING),
        ConditionUpdate("Stalled", stalled, reason if stalled else Reason.PROGRESSING),
    )


def data_unknown(status: Status, problem: Problem) -> Status:
    """Report a problem that prevented the observation of the data."""
    return set_conditions(
        status, ConditionUpdate("DataCurrent", None, problem.reason, problem.message)
    )
