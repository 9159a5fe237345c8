"""Drift: lists the differences between spec and AWS for `status.drift`. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from dataflowxpress.api.status import Drift
from dataflowxpress.planning.changes import flatten_changes
from dataflowxpress.planning.step import Action, Step

MOST_LINES, LONGEST_LINE = 20, 300  # of one resource


def differing(steps: Sequence[Step]) -> list[Step]:
    """Return the steps whose resources differ from the spec."""
    return [step for step in steps if step.action.writes or step.action is Action.REFUSE]


def drift_of(step: Step) -> Drift:
    """Return the differences of one resource, shortened."""
    leaves = (str(leaf) for change in step.changes for leaf in flatten_changes(change))
    lines = [*leaves] or [step.explanation]
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    short = [textwrap.shorten(line, LONGEST_LINE) for line in lines[:MOST_LINES] if line]
    return Drift(
        resource=str(step.id),
        action=step.action.name.lower(),
        changes=(*short, *more),
        since=step.since,
    )
