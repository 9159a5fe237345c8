"""Fence: limits a plan that has a refused resource, so that it reaches nothing foreign. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id

from .convergence import converge
from .resource import Observed, Resource, is_absent
from .step import Action, Step


def fence(steps: Mapping[Id, Step], observed: Observed) -> dict[Id, Step]:
    """Return *steps*, limited by the foreign resources among them.

    - A child of a foreign resource is foreign.
    - While a critical resource is foreign, the pipeline writes nothing.
    - A resource that names a foreign one is not written.
    - Existing permissions on a foreign resource are removed.
    """
    steps = {i: _with_its_parent(step, steps) for i, step in steps.items()}
    foreign = frozenset(i for i, step in steps.items() if step.foreign)
    if not foreign:
        return steps
    critical = frozenset(i for i in foreign if Resource.kinds[i.kind].critical)
    return {i: _limited(step, foreign, critical, observed) for i, step in steps.items()}


def _with_its_parent(step: Step, steps: Mapping[Id, Step]) -> Step:
    """Return the refusal of a child whose parent is foreign, or *step* itself."""
    parents = Resource.kinds[step.id.kind].parents(*step.id.key)
    foreign = [parent for parent in parents if parent in steps and steps[parent].foreign]
    if not foreign or step.foreign:
        return step
    problem = Problem(Reason.BLOCKED, f"belongs to {foreign[0]}, which is refused")
    return replace(step, action=Action.REFUSE, problem=problem, foreign=True, changes=())


def _limited(
    step: Step, foreign: frozenset[Id], critical: frozenset[Id], observed: Observed
) -> Step:
    if step.foreign or step.resource is None:
        return step
    named = foreign & {resource.id for resource in step.resource.names}
    if named and (narrowing := _narrowing(step, named, observed)):
        return narrowing
    held_by = critical | named
    return replace(step, held_by=held_by) if held_by and step.action.writes else step


def _narrowing(step: Step, foreign: frozenset[Id], observed: Observed) -> Step | None:
    """Return the step that removes the existing permissions on *foreign*, if there are any."""
    have = observed[step.id]
    if step.resource is None or not isinstance(have, Mapping) or is_absent(have):
        return None
    narrowed = step.resource.narrowed(have, foreign)
    if narrowed is None:
        return None
    names = ", ".join(sorted(map(str, foreign)))
    reason = f"loses its permissions on {names}, which is refused"
    return replace(converge(narrowed, have, known=step.known), needs=frozenset(), reason=reason)
