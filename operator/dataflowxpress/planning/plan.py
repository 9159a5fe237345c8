"""Plan: derives the steps from desired and observed state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from graphlib import TopologicalSorter

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id

from .diff import Change, diff
from .resource import Absent, Resource, Scope, State

RELEASED = "no longer has the owner tag of this pipeline"
RETAINED = "is no longer in the spec, and is retained"

Observed = Mapping[Id, State | Problem | None]


class Action(Enum):
    """The action of a step; the value is its sign in a plan."""

    KEEP = " "
    CREATE = "+"
    UPDATE = "~"
    REPLACE = "±"
    DELETE = "-"
    LEAVE = "·"  # has lost its owner tag: removed from the inventory, not deleted
    REFUSE = "!"

    @property
    def writes(self) -> bool:
        """Whether the action changes AWS."""
        return self in {Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE}


@dataclass(frozen=True)
class Step:
    """The action for one resource, and the steps that it needs first."""

    id: Id
    action: Action
    resource: Resource | None = None
    arn: str = ""
    changes: tuple[Change, ...] = ()
    needs: frozenset[Id] = frozenset()
    reason: str = ""
    problem: Problem | None = None  # an error of the observation
    waits_for: str = ""
    foreign: bool = False  # refused, and not owned: never part of the inventory
    since: str = ""  # time of the last change in AWS
    graceful: bool = False  # the deletion waits for active work

    def __str__(self) -> str:
        reason = f"  ({self.reason})" if self.reason else ""
        head = f"{self.action.value} {self.id}{reason}"
        return "\n".join([head, *(f"    {change}" for change in self.changes)])

    @property
    def summary(self) -> str:
        """Kind, name and changed properties."""
        changes = sorted(self.changed) or [self.action.name.lower()]
        return f"{self.id} ({', '.join(changes)})"

    @property
    def refusal(self) -> Problem:
        """The reason for a REFUSE step."""
        return self.problem or Problem(Reason.REFUSED, self.reason, needs_person=True)

    @property
    def changed(self) -> frozenset[str]:
        """The top-level properties that change."""
        return frozenset(str(change.path[0]) for change in self.changes)


@dataclass(frozen=True)
class Outcome:
    """The result of a step."""

    step: Step
    problem: Problem | None = None


def retain_none(_: Id) -> bool:
    """Retain no orphan."""
    return False


def plan(
    scope: Scope,
    wanted: Sequence[Resource],
    inventory: Collection[Id],
    observed: Observed,
    retain: Callable[[Id], bool] = retain_none,
) -> list[Step]:
    """Return a step for each wanted or recorded resource, in order.

    *inventory* is in the order of creation, and *observed* covers all IDs of both. Resources that
    are no longer wanted are deleted, unless *retain* returns True for them. While any resource is
    wanted, the pipeline stays in use, and deletions wait for active work.
    """
    desired = {resource.id: resource for resource in wanted}
    steps = {
        i: _converge(resource, observed[i], known=i in inventory) for i, resource in desired.items()
    }
    order = TopologicalSorter({i: step.needs & steps.keys() for i, step in steps.items()})
    orphans = [i for i in inventory if i not in desired and not _is_absent(observed[i])]
    return [steps[i] for i in order.static_order()] + [
        _retain(scope, orphan, observed)
        if retain(orphan)
        else _prune(scope, orphan, orphans[n + 1 :], observed, graceful=bool(wanted))
        for n, orphan in enumerate(orphans)
    ]


def _converge(resource: Resource, have: State | Problem | None, *, known: bool) -> Step:
    needs = frozenset(need.id for need in resource.needs)

    def step(action: Action, **details: object) -> Step:
        return Step(resource.id, action, resource, resource.arn, needs=needs, **details)  # type: ignore[arg-type]

    if isinstance(have, Problem):
        return step(Action.REFUSE, problem=have, foreign=not known)
    if have is None or isinstance(have, Absent):
        found = have or Absent()
        if obstacle := resource.obstacle(found):
            return step(Action.REFUSE, reason=obstacle, foreign=True)
        changes, waits_for = tuple(resource.replaces(found)), resource.initially_waits_for
        return step(Action.CREATE, changes=changes, waits_for=waits_for)
    want = dict(resource.desired())
    changes = tuple(diff(want, have))
    if conflict := _conflict(resource, have, trusted=known or not changes):
        return step(Action.REFUSE, reason=conflict, foreign=True)
    if resource.arn_format:
        changes += tuple(diff({"Tags": resource.scope.tags_to_be}, have))
    action, reason = _action(resource, changes)
    waits_for, since = resource.waits_for(have), resource.changed_at(have)
    return step(action, changes=changes, reason=reason, waits_for=waits_for, since=since)


def _action(resource: Resource, changes: Collection[Change]) -> tuple[Action, str]:
    """Return the action for *changes*, and its reason."""
    if immutable := resource.immutable & {str(change.path[0]) for change in changes}:
        action = Action.REFUSE if resource.keeps_data else Action.REPLACE
        reason = f"{', '.join(sorted(immutable))} cannot be changed in place"
        return action, "; ".join(filter(None, (reason, resource.replacement)))
    return Action.UPDATE if changes else Action.KEEP, ""


def _is_absent(have: State | Problem | None) -> bool:
    return have is None or isinstance(have, Absent)


def _conflict(resource: Resource, have: State, *, trusted: bool) -> str:
    """Return why the pipeline cannot manage the existing resource, and a fix."""
    scope = resource.scope
    if resource.arn_format:
        unowned = not (resource.adopt or scope.adopt)
        return scope.owner_tags.conflict(
            have["Tags"], reject_unowned=unowned, reject_moved=not scope.adopt
        )
    if trusted or scope.adopt or any(resource.needs):  # not taggable: owned through its parent
        return ""
    return "exists with other properties, and not from this pipeline: set spec.adopt to adopt it"


def _retain(scope: Scope, orphan: Id, observed: Observed) -> Step:
    arn = _arn(scope, orphan)
    if _is_released(scope, orphan, observed):
        return Step(orphan, Action.LEAVE, arn=arn, reason=RELEASED)
    return Step(orphan, Action.KEEP, arn=arn, reason=RETAINED)


def _prune(
    scope: Scope, orphan: Id, later: Sequence[Id], observed: Observed, *, graceful: bool
) -> Step:
    """Delete an orphan after the later orphans that can refer to it."""
    have, arn = observed[orphan], _arn(scope, orphan)
    if isinstance(have, Problem):
        return Step(orphan, Action.REFUSE, arn=arn, problem=have)
    if _is_released(scope, orphan, observed):
        return Step(orphan, Action.LEAVE, arn=arn, reason=RELEASED)
    after = frozenset(i for i in later if orphan.kind in Resource.kinds[i.kind].may_need())
    return Step(orphan, Action.DELETE, arn=arn, needs=after, graceful=graceful)


def _arn(scope: Scope, resource: Id) -> str:
    return Resource.kinds[resource.kind].arn_of(scope, resource.key)


def _is_released(scope: Scope, orphan: Id, observed: Observed) -> bool:
    """Return whether the orphan, or its parent, has lost the owner tag."""
    kind = Resource.kinds[orphan.kind]
    tagged = orphan if kind.arn_format else kind.parent(*orphan.key)
    have = observed.get(tagged) if tagged else None
    return isinstance(have, Mapping) and not scope.owner_tags.owns(have["Tags"])
