"""Verdicts: what errors, drift and pauses mean for the conditions, and for `kubectl describe`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from dataflowxpress.api.annotations import PAUSED, PLAN
from dataflowxpress.api.events import Event
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import TIME, Drift, Status
from dataflowxpress.planning.changes import flatten_changes
from dataflowxpress.planning.plan import Action, Outcome, Step

from .conditions import ConditionUpdate, counted, listed, merge_conditions
from .outcomes import are_as_specified, conditions_of, planned_resource_statuses, resource_statuses

# Reasons for not being ready that worry nobody.
EXPECTED = {
    Reason.CREATING,
    Reason.PLANNED,
    Reason.WAITING_FOR_AWS,
    Reason.RESOURCE_IN_USE,
}
LEFT = "differ since, and are left so: driftPolicy is Report"
COMPARED_WRITE = 540  # seconds between writes of nothing but the time of the comparison
MOST_LINES, LONGEST_LINE = 20, 300  # of one resource, in status.drift


def set_conditions(status: Status, *observation: ConditionUpdate) -> Status:
    """Return *status* with conditions as of now."""
    return merge_conditions(status, observation, datetime.now(UTC))


def compared(status: Status) -> Status:
    """Return *status* with the time of a comparison that has just read AWS."""
    return status.model_copy(update={"last_compared_at": datetime.now(UTC).strftime(TIME)})


def is_worth_a_write(before: Status, after: Status) -> bool:
    """Return whether *after* says more than a new time of the comparison, or that time is due."""
    same_time = {"last_compared_at": before.last_compared_at}
    if after.model_copy(update=same_time) != before:
        return True
    was, now = before.last_compared_at, after.last_compared_at
    if was == now:
        return False
    age = datetime.fromisoformat(now) - datetime.fromisoformat(was) if was and now else None
    return age is None or age.total_seconds() >= COMPARED_WRITE


def planned(status: Status, steps: Sequence[Step], tags: Iterable[str] = ()) -> Status:
    """Return the status before the first write: what is there, or will be there, stands in it."""
    keys = tuple(sorted({*status.tag_keys, *tags}))
    lines = planned_resource_statuses(steps, status)
    status = status.model_copy(update={"resources": lines, "tag_keys": keys})
    observation = [ConditionUpdate("Reconciling", True, Reason.APPLYING)]
    if not status["Ready"]:
        observation.append(
            ConditionUpdate("Ready", False, Reason.CREATING, "resources are being created")
        )
    return set_conditions(status, *observation)


def applied(status: Status, outcomes: Sequence[Outcome], *, drifted: bool) -> Status:
    """Return what is to be said after *outcomes*; *drifted*: the spec itself had not changed."""
    status = status.model_copy(update={"resources": resource_statuses(outcomes), "drift": ()})
    return set_conditions(status, *conditions_of(outcomes, drifted=drifted))


def converged(status: Status, tags: Iterable[str]) -> Status:
    """Note the tags of a spec of which no step has failed, and its generation once it is true."""
    known: dict[str, object] = {"tag_keys": tuple(sorted(tags))}
    if status.holds("Ready"):
        known["applied_generation"] = status.observed_generation
    return status.model_copy(update=known)


def reported(status: Status, steps: Sequence[Step]) -> Status:
    """Say what is not as specified, where it is not to be changed."""
    status = set_conditions(
        status, *conditions_of([Outcome(step) for step in steps], drifted=False)
    )
    if not (changed := _open(steps)):
        return status.model_copy(update={"drift": ()})
    status = status.model_copy(update={"drift": tuple(map(_drift, changed))})
    said = listed([step.summary for step in changed])
    observation = [ConditionUpdate("Drifted", True, Reason.REPORTED, said)]
    if status.holds("Ready"):
        message = f"the spec was applied; {len(changed)} of {len(steps)} resources {LEFT}"
        observation.append(ConditionUpdate("Ready", True, Reason.CONVERGED, message))
    return set_conditions(status, *observation)


def only_planned(status: Status, steps: Sequence[Step]) -> Status:
    """Say what would change, where somebody wants to see that before anything does."""
    changed = _open(steps)
    observation = [
        ConditionUpdate("Reconciling", False, Reason.PLANNED, f"remove {PLAN} to go on"),
        ConditionUpdate("Stalled", False, Reason.PROGRESSING),
        ConditionUpdate("Ready", True, Reason.CONVERGED, are_as_specified(len(steps))),
    ]
    if changed:
        said = f"{counted(len(changed), 'resource')} not as specified: status.drift says how"
        observation[-1] = ConditionUpdate("Ready", False, Reason.PLANNED, said)
    return set_conditions(
        status.model_copy(update={"drift": tuple(map(_drift, changed))}), *observation
    )


def _open(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.action.writes or step.action is Action.REFUSE]


def _drift(step: Step) -> Drift:
    why = step.problem.message if step.problem else step.reason
    said = [str(leaf) for change in step.changes for leaf in flatten_changes(change)] or [why]
    more = [f"and {len(said) - MOST_LINES} more"] if len(said) > MOST_LINES else []
    short = [textwrap.shorten(line, LONGEST_LINE) for line in said[:MOST_LINES] if line]
    return Drift(
        resource=str(step.id),
        action=step.action.name.lower(),
        changes=(*short, *more),
        since=step.since,
    )


def paused(status: Status) -> Status:
    """Say that nothing is done until somebody takes the annotation away."""
    return set_conditions(
        status, ConditionUpdate("Reconciling", False, Reason.PAUSED, f"remove {PAUSED} to go on")
    )


def failed(status: Status, problem: Problem) -> Status:
    """Say why nothing could be done at all."""
    reason, _, stuck = problem
    return set_conditions(
        status,
        ConditionUpdate("Ready", False, reason, problem.message),
        ConditionUpdate("Reconciling", not stuck, reason if stuck else Reason.RETRYING),
        ConditionUpdate("Stalled", stuck, reason if stuck else Reason.PROGRESSING),
    )


def data_unknown(status: Status, problem: Problem) -> Status:
    """Say that nothing is known of the data, and why."""
    return set_conditions(
        status, ConditionUpdate("DataCurrent", None, problem.reason, problem.message)
    )


def events_between(before: Status, after: Status) -> list[Event]:
    """Return what has happened between two statuses."""
    events = []
    was, now = before["Ready"], after["Ready"]
    if now and (was is None or (was.status, was.reason) != (now.status, now.reason)):
        fine = now.status == "True" or now.reason in EXPECTED
        events.append(Event("Normal" if fine else "Warning", Reason(now.reason), now.message))
    drift = after["Drifted"]
    if drift and drift.reason != Reason.NO_DRIFT and drift != before["Drifted"]:
        events.append(Event("Warning", Reason(f"Drift{drift.reason}"), drift.message))
    return events
