"""Outcomes: what the steps of a reconciliation say about the pipeline and each resource. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from .conditions import Fact, listed
from .plan import Action, Outcome, Step
from .reasons import Reason
from .status import Line, State, Status


class Words(NamedTuple):
    """How errors are put: both functions come from outside, since core knows no AWS error."""

    reason: Callable[[Exception], Reason]
    message: Callable[[Exception], str]
    needs_person: Callable[[Exception], bool]


def facts_of(outcomes: Sequence[Outcome], words: Words, *, drifted: bool) -> list[Fact]:
    """Return what *outcomes* say about the resources; *drifted*: the spec was applied before."""
    failed = [o for o in outcomes if o.error and words.reason(o.error) is not Reason.BLOCKED]
    pending = [o for o in outcomes if not o.error and o.step.waits_for]
    unready = [o for o in pending if o.step.id.kind != "Subscription"]
    stuck = any(words.needs_person(o.error) for o in failed if o.error)
    waiting = Reason.WAITING_FOR_AWS if unready else Reason.SETTLED
    trying = Reason.NEEDS_ATTENTION if stuck else Reason.RETRYING
    going_on = bool(failed or unready) and not stuck  # kstatus takes it for progress, if both hold
    return [
        _ready(outcomes, failed, unready, words),
        Fact("Reconciling", going_on, trying if failed else waiting),
        Fact("Stalled", stuck, Reason.NEEDS_ATTENTION if stuck else Reason.PROGRESSING),
        _drift(outcomes if drifted else ()),
        _subscriptions(outcomes),
    ]


def _ready(
    outcomes: Sequence[Outcome],
    failed: Sequence[Outcome],
    unready: Sequence[Outcome],
    words: Words,
) -> Fact:
    if failed:
        first = failed[0].error or Exception()
        said = [f"{o.step.id}: {words.message(o.error)}" for o in failed if o.error]
        return Fact("Ready", holds=False, reason=words.reason(first), message=listed(said))
    if unready:
        said = [f"{o.step.id} {o.step.waits_for}" for o in unready]
        return Fact("Ready", holds=False, reason=Reason.WAITING_FOR_AWS, message=listed(said))
    kept = sum(o.step.action not in {Action.DELETE, Action.LEAVE} for o in outcomes)
    return Fact("Ready", True, Reason.CONVERGED, are_as_specified(kept))


def are_as_specified(resources: int) -> str:
    """Return what is said when all is well."""
    return f"{resources} resources are as specified"


def _drift(outcomes: Sequence[Outcome]) -> Fact:
    changed = [o for o in outcomes if o.step.action.writes]
    if not changed:
        return Fact("Drifted", holds=False, reason=Reason.NO_DRIFT)
    open_ = [o for o in changed if o.error]
    names = listed([o.step.summary for o in changed])
    if open_:
        return Fact("Drifted", holds=True, reason=Reason.DETECTED, message=names)
    return Fact("Drifted", holds=False, reason=Reason.CORRECTED, message=names)


def _subscriptions(outcomes: Sequence[Outcome]) -> Fact:
    asked = [o for o in outcomes if o.step.id.kind == "Subscription"]
    waiting = [o.step.id.name for o in asked if o.step.waits_for]
    if waiting:
        message = f"{listed(waiting)}: the link in AWS's mail is not clicked yet"
        return Fact("SubscriptionsConfirmed", False, Reason.PENDING_CONFIRMATION, message)
    return Fact("SubscriptionsConfirmed", holds=True, reason=Reason.CONFIRMED)


def lines_of(outcomes: Sequence[Outcome], words: Words) -> tuple[Line, ...]:
    """Return a line for each resource that is, or may be, there."""
    gone = {Action.DELETE, Action.LEAVE}
    return tuple(_line(o, words) for o in outcomes if o.error or o.step.action not in gone)


def _line(outcome: Outcome, words: Words) -> Line:
    step, error = outcome.step, outcome.error
    return Line(
        kind=step.id.kind,
        name=step.id.name,
        key=step.id.key,
        arn=step.arn,
        state=_state(outcome, words),
        message=words.message(error) if error else step.waits_for or _why_kept(step),
    )


def _why_kept(step: Step) -> str:
    return step.reason if step.action is Action.KEEP else ""


def _state(outcome: Outcome, words: Words) -> State:
    step, error = outcome.step, outcome.error
    if error is None:
        return "Pending" if step.waits_for else "Ready"
    if step.action is Action.DELETE:
        return "Deleting"
    if step.foreign:
        return "Refused"
    waits = {Reason.BLOCKED, Reason.WAITING_FOR_WORK}
    return "Pending" if words.reason(error) in waits else "Failed"


def planned_lines(steps: Iterable[Step], before: Status) -> tuple[Line, ...]:
    """Return what was and what will be there, to be recorded before the first write."""
    known = {line.id: line for line in before.resources}
    new = [step for step in steps if step.id not in known and not step.foreign]
    return (*known.values(), *(_planned(step) for step in new))


def _planned(step: Step) -> Line:
    return Line(
        kind=step.id.kind, name=step.id.name, key=step.id.key, arn=step.arn, state="Pending"
    )
