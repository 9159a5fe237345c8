"""Pruning: derives the steps for recorded resources that are no longer wanted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.resource_id import Id

from .resource import Observed, Resource, Scope, State, is_absent
from .step import Action, Step

RELEASED = "no longer has the owner tag of this pipeline"
RETAINED = "is no longer in the spec, and is retained"


def prune(
    scope: Scope,
    orphans: Sequence[Id],
    observed: Observed,
    retain: Callable[[Id], bool],
    *,
    graceful: bool,
) -> Iterator[Step]:
    """Yield a step for each orphan: deleted, retained, or left because it has another owner.

    An orphan without tags belongs to the pipeline if one of its parents does.
    """
    for n, orphan in enumerate(orphans):
        arn = Resource.kinds[orphan.kind].arn_of(scope, orphan.key)
        if problem := _unreadable(scope, orphan, observed):
            yield Step(orphan, Action.REFUSE, arn=arn, known=True, problem=problem)
        elif not _is_owned(scope, orphan, observed):
            yield Step(orphan, Action.LEAVE, arn=arn, known=True, reason=RELEASED)
        elif retain(orphan):
            yield Step(orphan, Action.KEEP, arn=arn, known=True, reason=RETAINED)
        else:
            needs = frozenset(_referrers(orphan, orphans[n + 1 :]))
            yield Step(orphan, Action.DELETE, arn=arn, known=True, needs=needs, graceful=graceful)


def _referrers(orphan: Id, later: Sequence[Id]) -> Iterator[Id]:
    """Yield the later orphans that can refer to this one."""
    return (i for i in later if orphan.kind in Resource.kinds[i.kind].may_need())


def _proofs(orphan: Id, observed: Observed) -> list[State | Problem | None]:
    """Return the states that show the owner: the resource's own, or those of its parents."""
    kind = Resource.kinds[orphan.kind]
    shown_by = (orphan,) if kind.arn_format else kind.parents(*orphan.key)
    return [observed.get(i) for i in shown_by or (orphan,)]


def _is_owned(scope: Scope, orphan: Id, observed: Observed) -> bool:
    kind = Resource.kinds[orphan.kind]
    if not kind.arn_format and not kind.parents(*orphan.key):
        return True  # AWS cannot show its owner; only the inventory does
    return any(
        isinstance(have, Mapping) and not is_absent(have) and scope.owner_tags.owns(have["Tags"])
        for have in _proofs(orphan, observed)
    )


def _unreadable(scope: Scope, orphan: Id, observed: Observed) -> Problem | None:
    """Return the problem that hides the orphan, or its owner."""
    hidden = observed[orphan]
    if isinstance(hidden, Problem):
        return hidden
    if _is_owned(scope, orphan, observed):
        return None
    return next((p for p in _proofs(orphan, observed) if isinstance(p, Problem)), None)
