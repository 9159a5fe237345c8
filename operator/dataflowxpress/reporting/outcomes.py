"""Outcomes: derives conditions from the outcomes of a reconciliation's steps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dataflowxpress.api.annotations import SUBSCRIBE_REQUESTED
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.planning.step import Action, Outcome

from .conditions import ConditionUpdate
from .text import summarize

_CONFIRM = (
    "open the link in the email from AWS within 48 hours, or set the annotation"
    f" {SUBSCRIBE_REQUESTED} to get another email"
)


class Failure(NamedTuple):
    """A step that failed itself, and was not blocked by another failed step."""

    resource: Id
    problem: Problem

    def __str__(self) -> str:
        return f"{self.resource}: {self.problem.message}"


def failures(outcomes: Iterable[Outcome]) -> list[Failure]:
    """Return the failures among *outcomes*, without blocked steps."""
    return [
        Failure(outcome.step.id, outcome.problem)
        for outcome in outcomes
        if outcome.problem and outcome.problem.reason is not Reason.BLOCKED
    ]


def summarize_failures(failed: Sequence[Failure]) -> str:
    """Return one message for all failures."""
    return summarize(list(map(str, failed)))


def conditions_of(outcomes: Sequence[Outcome], *, drifted: bool) -> list[ConditionUpdate]:
    """Return the conditions after *outcomes*; changes are drift if *drifted* is set."""
    failed = failures(outcomes)
    pending = [o for o in outcomes if not o.problem and o.step.waits_for]
    unready = [o for o in pending if o.step.id.kind != "Subscription"]
    stalled = any(problem.needs_person for _, problem in failed)
    waiting = Reason.WAITING_FOR_AWS if unready else Reason.SETTLED
    retrying = Reason.NEEDS_ATTENTION if stalled else Reason.RETRYING
    # kstatus reports progress if both Reconciling and Stalled hold.
    reconciling = bool(failed or unready) and not stalled
    stalled_reason = Reason.NEEDS_ATTENTION if stalled else Reason.PROGRESSING
    return [
        _ready(outcomes, failed, unready),
        ConditionUpdate("Reconciling", reconciling, retrying if failed else waiting),
        ConditionUpdate("Stalled", stalled, stalled_reason),
        _drifted(outcomes if drifted else ()),
        _subscriptions(outcomes),
    ]


def _ready(
    outcomes: Sequence[Outcome], failed: Sequence[Failure], unready: Sequence[Outcome]
) -> ConditionUpdate:
    if failed:
        reason = failed[0].problem.reason
        return ConditionUpdate("Ready", False, reason, summarize_failures(failed))
    if unready:
        message = summarize([f"{o.step.id} {o.step.waits_for}" for o in unready])
        return ConditionUpdate("Ready", False, Reason.WAITING_FOR_AWS, message)
    kept = sum(o.step.action not in {Action.DELETE, Action.LEAVE} for o in outcomes)
    return ConditionUpdate("Ready", True, Reason.CONVERGED, are_as_specified(kept))


def are_as_specified(resources: int) -> str:
    """Return the message of a pipeline without differences."""
    return f"{resources} resources are as specified"


def _drifted(outcomes: Sequence[Outcome]) -> ConditionUpdate:
    changed = [o for o in outcomes if o.step.action.writes]
    if not changed:
        return ConditionUpdate("Drifted", holds=False, reason=Reason.NO_DRIFT)
    names = summarize([o.step.summary for o in changed])
    if any(o.problem for o in changed):
        return ConditionUpdate("Drifted", holds=True, reason=Reason.DETECTED, message=names)
    return ConditionUpdate("Drifted", holds=False, reason=Reason.CORRECTED, message=names)


def _subscriptions(outcomes: Sequence[Outcome]) -> ConditionUpdate:
    subscriptions = [o.step for o in outcomes if o.step.id.kind == "Subscription"]
    return subscriptions_confirmed([step.id.name for step in subscriptions if step.waits_for])


def subscriptions_confirmed(unconfirmed: Sequence[str]) -> ConditionUpdate:
    """Return the condition for the addresses that have not confirmed."""
    if unconfirmed:
        message = f"not confirmed by {summarize(unconfirmed)}: {_CONFIRM}"
        return ConditionUpdate(
            "SubscriptionsConfirmed", False, Reason.PENDING_CONFIRMATION, message
        )
    return ConditionUpdate("SubscriptionsConfirmed", holds=True, reason=Reason.CONFIRMED)
