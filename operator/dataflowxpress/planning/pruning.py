"""Pruning: derives the steps for recorded resources that are no longer wanted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.resource_id import Id

from .ownership import ADOPTED_TAG
from .resource import Observed, Resource, Scope, State, is_absent
from .step import Action, Step

RELEASED = "has neither the owner tag of this pipeline nor a name that only it derives"
RETAINED = "is no longer in the spec, and is retained"
ADOPTED = "was adopted, and stays with its data: set spec.deleteAdopted to delete both"


def prune(
    scope: Scope,
    orphans: Sequence[Id],
    observed: Observed,
    retain: Callable[[Id], bool],
    *,
    graceful: bool,
) -> Iterator[Step]:
    """Yield a step for each orphan: deleted, retained, or left to another owner.

    An orphan without tags belongs to the pipeline if one of its parents does, or if only this
    pipeline derives its name: an inventory alone proves nothing, because other writers of the
    status can change it. What was adopted goes back to its owner, unless the scope says otherwise.
    """
    for n, orphan in enumerate(orphans):
        kind = Resource.kinds[orphan.kind]
        shown_by = (orphan,) if kind.arn_format else kind.parents(*orphan.key)
        proofs = [observed.get(i) for i in shown_by]
        if proofs:
            owned = any(_is_owned(scope, each) for each in proofs)
        else:
            owned = kind.is_derived(scope, orphan.key)
        step = partial(Step, orphan, arn=kind.arn_of(scope, orphan.key), known=True)
        if problem := _hidden(observed[orphan], *([] if owned else proofs)):
            yield step(action=Action.REFUSE, problem=problem)
        elif not owned:
            yield step(action=Action.LEAVE, reason=RELEASED)
        elif retain(orphan):
            yield step(action=Action.KEEP, reason=RETAINED)
        elif _is_adopted(observed[orphan]) and not scope.delete_adopted:
            yield step(action=Action.LEAVE, reason=ADOPTED)
        else:
            needs = frozenset(_referrers(orphan, orphans[n + 1 :]))
            yield step(action=Action.DELETE, needs=needs, graceful=graceful)


def _is_owned(scope: Scope, have: State | Problem | None) -> bool:
    """Return whether a resource exists and has the owner tag."""
    if not isinstance(have, Mapping) or is_absent(have):
        return False
    return scope.owner_tags.owns(have["Tags"])


def _is_adopted(have: State | Problem | None) -> bool:
    """Return whether a resource existed before the pipeline."""
    return isinstance(have, Mapping) and ADOPTED_TAG in have.get("Tags", {})


def _hidden(*observed: State | Problem | None) -> Problem | None:
    """Return the first problem of an observation."""
    return next((each for each in observed if isinstance(each, Problem)), None)


def _referrers(orphan: Id, later: Sequence[Id]) -> Iterator[Id]:
    """Yield the later orphans that can refer to this one."""
    return (i for i in later if orphan.kind in Resource.kinds[i.kind].may_need())
