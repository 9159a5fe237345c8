"""Inventory: the status of each AWS resource of a pipeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import ResourceState, ResourceStatus, Status
from dataflowxpress.planning.step import Action, Outcome, Step


def resource_statuses(outcomes: Sequence[Outcome]) -> tuple[ResourceStatus, ...]:
    """Return the status of each resource that exists or may exist after *outcomes*."""
    removed = {Action.DELETE, Action.LEAVE}
    return tuple(
        _status(outcome)
        for outcome in outcomes
        if outcome.problem or outcome.step.action not in removed
        if outcome.step.foreign or outcome.step.is_recorded
    )


def planned_resource_statuses(steps: Iterable[Step], before: Status) -> tuple[ResourceStatus, ...]:
    """Return all existing and planned resources, to be recorded before the first write."""
    known = {each.id: each for each in before.resources if each.state != "Refused"}
    new = [step for step in steps if step.id not in known and step.is_recorded]
    return (*known.values(), *(_entry(step, "Pending") for step in new))


def _status(outcome: Outcome) -> ResourceStatus:
    step, problem = outcome.step, outcome.problem
    message = problem.message if problem else step.waits_for or _kept_because(step)
    return _entry(step, _state(outcome), message)


def _kept_because(step: Step) -> str:
    return step.reason if step.action is Action.KEEP else ""


def _state(outcome: Outcome) -> ResourceState:
    step, problem = outcome.step, outcome.problem
    if problem is None:
        return "Pending" if step.waits_for else "Ready"
    if step.action is Action.DELETE:
        return "Deleting"
    if step.foreign:
        return "Refused"
    pending = {Reason.BLOCKED, Reason.RESOURCE_IN_USE}
    return "Pending" if problem.reason in pending else "Failed"


def _entry(step: Step, state: ResourceState, message: str = "") -> ResourceStatus:
    return ResourceStatus(
        kind=step.id.kind,
        name=step.id.name,
        key=step.id.key,
        arn=step.arn,
        state=state,
        message=message,
    )
