"""Outcomes: what the steps of a reconciliation say about the pipeline and each resource. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.status import ResourceState, ResourceStatus, Status
from dataflowxpress.planning.plan import Action, Outcome, Step

from .conditions import ConditionUpdate, listed


class Failure(NamedTuple):
    """A step that failed by itself, not because another one did."""

    resource: Id
    problem: Problem

    def __str__(self) -> str:
        return f"{self.resource}: {self.problem.message}"


def failures(outcomes: Iterable[Outcome]) -> list[Failure]:
    """Return the failures among *outcomes*, without the steps that were only blocked."""
    return [
        Failure(o.step.id, o.problem)
        for o in outcomes
        if o.problem and o.problem.reason is not Reason.BLOCKED
    ]


def conditions_of(outcomes: Sequence[Outcome], *, drifted: bool) -> list[ConditionUpdate]:
    """Return what *outcomes* say about the resources; *drifted*: the spec was applied before."""
    failed = failures(outcomes)
    pending = [o for o in outcomes if not o.problem and o.step.waits_for]
    unready = [o for o in pending if o.step.id.kind != "Subscription"]
    stuck = any(problem.needs_person for _, problem in failed)
    waiting = Reason.WAITING_FOR_AWS if unready else Reason.SETTLED
    trying = Reason.NEEDS_ATTENTION if stuck else Reason.RETRYING
    going_on = bool(failed or unready) and not stuck  # kstatus takes it for progress, if both hold
    return [
        _ready(outcomes, failed, unready),
        ConditionUpdate("Reconciling", going_on, trying if failed else waiting),
        ConditionUpdate("Stalled", stuck, Reason.NEEDS_ATTENTION if stuck else Reason.PROGRESSING),
        _drift(outcomes if drifted else ()),
        _subscriptions(outcomes),
    ]


def _ready(
    outcomes: Sequence[Outcome],
    failed: Sequence[Failure],
    unready: Sequence[Outcome],
) -> ConditionUpdate:
    if failed:
        reason = failed[0].problem.reason
        return ConditionUpdate(
            "Ready", holds=False, reason=reason, message=listed(list(map(str, failed)))
        )
    if unready:
        said = [f"{o.step.id} {o.step.waits_for}" for o in unready]
        return ConditionUpdate(
            "Ready", holds=False, reason=Reason.WAITING_FOR_AWS, message=listed(said)
        )
    kept = sum(o.step.action not in {Action.DELETE, Action.LEAVE} for o in outcomes)
    return ConditionUpdate("Ready", True, Reason.CONVERGED, are_as_specified(kept))


def are_as_specified(resources: int) -> str:
    """Return what is said when all is well."""
    return f"{resources} resources are as specified"


def _drift(outcomes: Sequence[Outcome]) -> ConditionUpdate:
    changed = [o for o in outcomes if o.step.action.writes]
    if not changed:
        return ConditionUpdate("Drifted", holds=False, reason=Reason.NO_DRIFT)
    open_ = [o for o in changed if o.problem]
    names = listed([o.step.summary for o in changed])
    if open_:
        return ConditionUpdate("Drifted", holds=True, reason=Reason.DETECTED, message=names)
    return ConditionUpdate("Drifted", holds=False, reason=Reason.CORRECTED, message=names)


def _subscriptions(outcomes: Sequence[Outcome]) -> ConditionUpdate:
    asked = [o for o in outcomes if o.step.id.kind == "Subscription"]
    return subscriptions_confirmed([o.step.id.name for o in asked if o.step.waits_for])


def subscriptions_confirmed(waiting: Sequence[str]) -> ConditionUpdate:
    """Return the condition; *waiting* are the addresses that have not confirmed."""
    if waiting:
        message = f"{listed(waiting)}: the link in AWS's mail is not clicked yet"
        return ConditionUpdate(
            "SubscriptionsConfirmed", False, Reason.PENDING_CONFIRMATION, message
        )
    return ConditionUpdate("SubscriptionsConfirmed", holds=True, reason=Reason.CONFIRMED)


def resource_statuses(outcomes: Sequence[Outcome]) -> tuple[ResourceStatus, ...]:
    """Return a line for each resource that is, or may be, there."""
    gone = {Action.DELETE, Action.LEAVE}
    return tuple(_line(o) for o in outcomes if o.problem or o.step.action not in gone)


def _line(outcome: Outcome) -> ResourceStatus:
    step, problem = outcome.step, outcome.problem
    return ResourceStatus(
        kind=step.id.kind,
        name=step.id.name,
        key=step.id.key,
        arn=step.arn,
        state=_state(outcome),
        message=problem.message if problem else step.waits_for or _why_kept(step),
    )


def _why_kept(step: Step) -> str:
    return step.reason if step.action is Action.KEEP else ""


def _state(outcome: Outcome) -> ResourceState:
    step, problem = outcome.step, outcome.problem
    if problem is None:
        return "Pending" if step.waits_for else "Ready"
    if step.action is Action.DELETE:
        return "Deleting"
    if step.foreign:
        return "Refused"
    waits = {Reason.BLOCKED, Reason.RESOURCE_IN_USE}
    return "Pending" if problem.reason in waits else "Failed"


def planned_resource_statuses(steps: Iterable[Step], before: Status) -> tuple[ResourceStatus, ...]:
    """Return what was and what will be there, to be recorded before the first write."""
    known = {line.id: line for line in before.resources}
    new = [step for step in steps if step.id not in known and not step.foreign]
    return (*known.values(), *(_planned(step) for step in new))


def _planned(step: Step) -> ResourceStatus:
    return ResourceStatus(
        kind=step.id.kind, name=step.id.name, key=step.id.key, arn=step.arn, state="Pending"
    )
