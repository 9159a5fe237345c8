"""Plan: desired and observed state in, steps out. Pure."""

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

GIVEN_UP = "no longer carries this pipeline's tag"

Observed = Mapping[Id, State | Problem | None]


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
    arn: str = ""
    changes: tuple[Change, ...] = ()
    needs: frozenset[Id] = frozenset()
    reason: str = ""
    problem: Problem | None = None  # why it could not be observed
    waits_for: str = ""
    foreign: bool = False  # refused, and not known to be ours: never part of the inventory
    since: str = ""  # when AWS saw the last change
    lets_finish: bool = False  # what it is at may end before it goes

    def __str__(self) -> str:
        reason = f"  ({self.reason})" if self.reason else ""
        head = f"{self.action.value} {self.id}{reason}"
        return "\n".join([head, *(f"    {change}" for change in self.changes)])

    @property
    def summary(self) -> str:
        """Kind and name, and which properties change."""
        what = sorted(self.changed) or [self.action.name.lower()]
        return f"{self.id} ({', '.join(what)})"

    @property
    def refusal(self) -> Problem:
        """Why a REFUSE step is refused."""
        return self.problem or Problem(Reason.REFUSED, self.reason, needs_person=True)

    @property
    def changed(self) -> frozenset[str]:
        """The top-level properties that change."""
        return frozenset(str(change.path[0]) for change in self.changes)


@dataclass(frozen=True)
class Outcome:
    """How a step went."""

    step: Step
    problem: Problem | None = None


def nothing_stays(_: Id) -> bool:
    """Let every orphan go."""
    return False


def plan(
    scope: Scope,
    wanted: Sequence[Resource],
    inventory: Collection[Id],
    observed: Observed,
    stays: Callable[[Id], bool] = nothing_stays,
) -> list[Step]:
    """Return a step for each resource that should be there, or that we once made, in order.

    *inventory* is in the order of creation, and *observed* has an answer for every id of both.
    What is no longer described goes, but not what *stays*; as long as anything is wanted, the
    pipeline works on, and what goes may finish what it is at.
    """
    described = {resource.id: resource for resource in wanted}
    steps = {
        i: _converge(resource, observed[i], known=i in inventory)
        for i, resource in described.items()
    }
    order = TopologicalSorter({i: step.needs & steps.keys() for i, step in steps.items()})
    orphans = [i for i in inventory if i not in described and not _is_absent(observed[i])]
    return [steps[i] for i in order.static_order()] + [
        _retained(scope, orphan, observed)
        if stays(orphan)
        else _prune(scope, orphan, orphans[n + 1 :], observed, lets_finish=bool(wanted))
        for n, orphan in enumerate(orphans)
    ]


def _converge(resource: Resource, have: State | Problem | None, *, known: bool) -> Step:
    needs = frozenset(need.id for need in resource.needs)

    def step(action: Action, **facts: object) -> Step:
        return Step(resource.id, action, resource, resource.arn, needs=needs, **facts)  # type: ignore[arg-type]

    if isinstance(have, Problem):
        return step(Action.REFUSE, problem=have, foreign=not known)
    if have is None or isinstance(have, Absent):
        found = have or Absent()
        if obstacle := resource.obstacle(found):
            return step(Action.REFUSE, reason=obstacle, foreign=True)
        changes, waits_for = tuple(resource.replaces(found)), resource.waits_first_for
        return step(Action.CREATE, changes=changes, waits_for=waits_for)
    want = dict(resource.desired())
    changes = tuple(diff(want, have))
    if stranger := _stranger(resource, have, trusted=known or not changes):
        return step(Action.REFUSE, reason=stranger, foreign=True)
    if resource.arn_format:
        changes += tuple(diff({"Tags": resource.scope.tags_to_be}, have))
    action, reason = _by(resource, changes)
    waits_for, since = resource.waits_for(have), resource.changed_at(have)
    return step(action, changes=changes, reason=reason, waits_for=waits_for, since=since)


def _by(resource: Resource, changes: Collection[Change]) -> tuple[Action, str]:
    """Return how *changes* are made, and why so."""
    if broken := resource.immutable & {str(change.path[0]) for change in changes}:
        action = Action.REFUSE if resource.keeps_data else Action.REPLACE
        return action, f"{', '.join(sorted(broken))} cannot be changed in place"
    return Action.UPDATE if changes else Action.KEEP, ""


def _is_absent(have: State | Problem | None) -> bool:
    return have is None or isinstance(have, Absent)


def _stranger(resource: Resource, have: State, *, trusted: bool) -> str:
    """Say whose the existing resource is when it is not ours to manage."""
    here = resource.scope
    if resource.arn_format:
        unowned = not (resource.adopt or here.adopt)
        return here.owner_tags.conflict(have["Tags"], to_unowned=unowned, to_moved=not here.adopt)
    if trusted or here.adopt or any(resource.needs):  # without tags, its parent's owner owns it
        return ""
    return "exists, is different, and was not made by this pipeline: set spec.adopt to take it over"


def _retained(scope: Scope, orphan: Id, observed: Observed) -> Step:
    arn = _arn(scope, orphan)
    if _given_up(scope, orphan, observed):
        return Step(orphan, Action.LEAVE, arn=arn, reason=GIVEN_UP)
    return Step(orphan, Action.KEEP, arn=arn, reason="is no longer described, and stays as it is")


def _prune(
    scope: Scope, orphan: Id, later: Sequence[Id], observed: Observed, *, lets_finish: bool
) -> Step:
    """Delete an orphan after those recorded later that may refer to it."""
    have, arn = observed[orphan], _arn(scope, orphan)
    if isinstance(have, Problem):
        return Step(orphan, Action.REFUSE, arn=arn, problem=have)
    if _given_up(scope, orphan, observed):
        return Step(orphan, Action.LEAVE, arn=arn, reason=GIVEN_UP)
    after = frozenset(i for i in later if orphan.kind in Resource.kinds[i.kind].may_need())
    return Step(orphan, Action.DELETE, arn=arn, needs=after, lets_finish=lets_finish)


def _arn(scope: Scope, which: Id) -> str:
    return Resource.kinds[which.kind].arn_of(scope, which.key)


def _given_up(scope: Scope, orphan: Id, observed: Observed) -> bool:
    """Say whether somebody has taken our mark off it, or off what it belongs to."""
    kind = Resource.kinds[orphan.kind]
    marked = orphan if kind.arn_format else kind.parent(*orphan.key)
    have = observed.get(marked) if marked else None
    return isinstance(have, Mapping) and not scope.owner_tags.owns(have["Tags"])
