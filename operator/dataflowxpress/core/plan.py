"""Plan: desired and observed state in, steps out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from graphlib import TopologicalSorter

from .diff import Change, diff
from .resource import Id, Resource, Scope, State

Observed = Mapping[Id, State | Exception | None]


class Action(Enum):
    """What a step does, by the sign it is printed with."""

    KEEP = " "
    CREATE = "+"
    UPDATE = "~"
    REPLACE = "±"
    DELETE = "-"
    LEAVE = "·"  # was ours once, carries no mark of ours now: forgotten, not deleted
    REFUSE = "!"

    @property
    def writes(self) -> bool:
        """Whether AWS changes by it."""
        return self in {Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE}


@dataclass(frozen=True)
class Step:
    """What is to happen to one resource, and after which others."""

    id: Id
    action: Action
    resource: Resource | None = None
    changes: tuple[Change, ...] = ()
    needs: frozenset[Id] = frozenset()
    reason: str = ""
    error: Exception | None = None  # why it could not be observed
    waits_for: str = ""
    foreign: bool = False  # refused, and not known to be ours: never part of the inventory

    def __str__(self) -> str:
        reason = f"  ({self.reason})" if self.reason else ""
        head = f"{self.action.value} {self.id}{reason}"
        return "\n".join([head, *(f"    {change}" for change in self.changes)])

    @property
    def changed(self) -> frozenset[str]:
        """The top-level properties that change."""
        return frozenset(str(change.path[0]) for change in self.changes)


@dataclass(frozen=True)
class Outcome:
    """How a step went."""

    step: Step
    error: Exception | None = None


def plan(
    scope: Scope, wanted: Sequence[Resource], inventory: Collection[Id], observed: Observed
) -> list[Step]:
    """Return a step for each resource that should be there, or that we once made, in order.

    *inventory* is in the order of creation, and *observed* has an answer for every id of both.
    """
    described = {resource.id: resource for resource in wanted}
    steps = {
        i: _converge(resource, observed[i], known=i in inventory)
        for i, resource in described.items()
    }
    order = TopologicalSorter({i: step.needs & steps.keys() for i, step in steps.items()})
    orphans = [i for i in inventory if i not in described and observed[i] is not None]
    return [steps[i] for i in order.static_order()] + [
        _prune(scope, orphan, orphans[n + 1 :], observed) for n, orphan in enumerate(orphans)
    ]


def _converge(resource: Resource, have: State | Exception | None, *, known: bool) -> Step:
    needs = frozenset(need.id for need in resource.needs)

    def step(action: Action, **facts: object) -> Step:
        return Step(resource.id, action, resource, needs=needs, **facts)  # type: ignore[arg-type]

    if isinstance(have, Exception):
        return step(Action.REFUSE, error=have, foreign=not known)
    if have is None:
        return step(Action.CREATE)
    want = dict(resource.desired())
    changes = tuple(diff(want, have))
    if stranger := _stranger(resource, have, trusted=known or not changes):
        return step(Action.REFUSE, reason=stranger, foreign=True)
    if resource.arn_format:
        changes += tuple(diff({"Tags": resource.scope.all_tags}, have))
    if broken := resource.immutable & {str(change.path[0]) for change in changes}:
        action = Action.REFUSE if resource.keeps_data else Action.REPLACE
        reason = f"{', '.join(sorted(broken))} cannot be changed in place"
        return step(action, changes=changes, reason=reason)
    action = Action.UPDATE if changes else Action.KEEP
    return step(action, changes=changes, waits_for=resource.waits_for(have))


def _stranger(resource: Resource, have: State, *, trusted: bool) -> str:
    """Say whose the existing resource is when it is not ours to manage."""
    here = resource.scope
    if resource.arn_format:
        unowned = not (resource.adopt or here.adopt)
        return here.mark.objection(have["Tags"], to_unowned=unowned, to_moved=not here.adopt)
    if trusted or here.adopt or any(resource.needs):  # without tags, its parent's owner owns it
        return ""
    return "exists, is different, and was not made by this pipeline: set spec.adopt to take it over"


def _prune(scope: Scope, orphan: Id, later: Sequence[Id], observed: Observed) -> Step:
    """Delete an orphan after those recorded later that may refer to it."""
    have, kind = observed[orphan], Resource.kinds[orphan.kind]
    if isinstance(have, Exception):
        return Step(orphan, Action.REFUSE, error=have)
    if kind.arn_format and not scope.mark.owns((have or {})["Tags"]):
        return Step(orphan, Action.LEAVE, reason="no longer carries this pipeline's tag")
    dependents = (i for i in later if orphan.kind in Resource.kinds[i.kind].may_need())
    return Step(orphan, Action.DELETE, needs=frozenset(dependents))
