"""Inventory: the status of each AWS resource of a pipeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.status import ResourceState, ResourceStatus, Status
from dataflowxpress.api.timestamps import format_now
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Action, Outcome, Step


def resource_statuses(outcomes: Sequence[Outcome], before: Status) -> tuple[ResourceStatus, ...]:
    """Return the status of each resource that exists or may exist after *outcomes*."""
    removed = {Action.DELETE, Action.LEAVE}
    asked = {line.id: line.requested_at for line in before.resources}
    created = {o.step.id for o in outcomes if o.step.action in {Action.CREATE, Action.REPLACE}}
    listed = (o for o in outcomes if o.problem or o.step.action not in removed)
    lines = [_status(o) for o in listed if o.step.foreign or o.step.is_recorded]
    requested = {o.step.id: _requested_at(o, asked.get(o.step.id, ""), created) for o in outcomes}
    return tuple(line.model_copy(update={"requested_at": requested[line.id]}) for line in lines)


def _requested_at(outcome: Outcome, asked: str, created: AbstractSet[Id]) -> str:
    """Return when a person was asked last; a new parent has lost all requests."""
    step = outcome.step
    kind = Resource.kinds[step.id.kind]
    if not kind.asks_once or outcome.problem:
        return asked
    if step.action is Action.CREATE:
        return format_now()
    return asked or format_now() if created.isdisjoint(kind.parents(*step.id.key)) else ""


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
