"""Blocking: the outcomes of steps that are not executed because others failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id

from .step import Action, Outcome, Step


def not_executed(step: Step, todo: Mapping[Id, Step], failed: frozenset[Id]) -> Outcome:
    """Return the outcome of a step that waits for one in *failed*; *todo* has all steps."""
    if step.action is Action.KEEP:  # as specified, whatever failed before it
        return Outcome(step)
    return Outcome(step, prevented(step) or blocked(_causes(step, todo, failed)))


def prevented(step: Step) -> Problem | None:
    """Return why the plan itself prevents *step*, or None."""
    if step.action is Action.REFUSE:
        return step.refusal
    return blocked(step.held_by) if step.held_by else None


def blocked(causes: frozenset[Id]) -> Problem:
    """Return the problem of a step that waits for *causes*."""
    return Problem(Reason.BLOCKED, f"waits for {', '.join(sorted(map(str, causes)))}")


def _causes(step: Step, todo: Mapping[Id, Step], failed: frozenset[Id]) -> frozenset[Id]:
    """Return the resources whose failure or refusal prevents *step*."""
    if step.held_by:
        return step.held_by
    if step.id in failed:
        return frozenset({step.id})
    causes = (_causes(todo[i], todo, failed) for i in step.needs & todo.keys())
    return frozenset().union(*causes)
