"""Pruning: deletes resources that a spec no longer describes, after all others are as specified."""

from __future__ import annotations

from collections.abc import Sequence

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.aws.engine import Engine
from dataflowxpress.planning.step import Action, Outcome, Step


def apply_and_prune(engine: Engine, steps: Sequence[Step]) -> list[Outcome]:
    """Apply the steps; deletes unwanted resources only after all others have succeeded."""
    prune = [step for step in steps if step.action is Action.DELETE]
    outcomes = engine.apply(step for step in steps if step.action is not Action.DELETE)
    if any(outcome.problem for outcome in outcomes):
        blocked = Problem(Reason.BLOCKED, "is deleted once all other resources are as specified")
        return [*outcomes, *(Outcome(step, blocked) for step in prune)]
    return [*outcomes, *engine.apply(prune)]
