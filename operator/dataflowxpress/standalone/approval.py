"""Approval: holds `apply` to the plan that the user has approved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dataflowxpress.api.errors import Failure
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.plans import VERBS

if TYPE_CHECKING:
    from dataflowxpress.api.resource_id import Id

    from .manifest import Manifest


class PlanChanged(Failure):
    """The plan is not the approved one any more; nothing was applied. *change* says why."""

    def __init__(self, change: str) -> None:
        fix = "make a new plan, examine it, and apply that one"
        super().__init__(f"nothing was applied: {change}", fix)
        self.change = change


@dataclass(frozen=True)
class Approval:
    """Lets a reconciliation begin if its plan is the one in *steps*, and claims the record.

    Without *asks*, no user has confirmed the plan: each plan may begin, and only a changed record
    is an error.
    """

    manifest: Manifest
    steps: Sequence[Step]
    asks: bool

    def __call__(self, steps: list[Step]) -> list[Step]:
        """Return the steps that remain after the creation of the bucket, which has the record.

        Raises PlanChanged or RecordChanged before any other change of AWS.
        """
        from .record import RecordChanged

        self.check(steps)
        bucket = self.manifest.record.prepare(steps)
        try:
            self.manifest.claim()
        except RecordChanged as error:
            if not self.asks:
                raise
            raise PlanChanged(error.change) from error
        return [
            replace(step, action=Action.KEEP, changes=()) if step.id == bucket else step
            for step in steps
        ]

    def check(self, steps: Sequence[Step]) -> None:
        """Raise PlanChanged if *steps* are not the approved ones."""
        if self.asks and _essence(steps) != _essence(self.steps):
            raise PlanChanged("the plan has changed since it was shown")


def differences(before: Sequence[Step], now: Sequence[Step]) -> Iterator[str]:
    """Yield a line for each resource whose step has changed."""
    old, new = _essence(before), _essence(now)
    for which in sorted({*old, *new}, key=str):
        if old.get(which) == new.get(which):
            continue
        was, is_now = _verb(old.get(which)), _verb(new.get(which))
        yield f"{which}: {was} before, {is_now if is_now != was else 'with other values'} now"


def _essence(steps: Sequence[Step]) -> dict[Id, tuple[Action, Any]]:
    """Return what each step does to AWS or to the inventory."""
    return {
        step.id: (step.action, (step.changes, step.held_by))
        for step in steps
        if step.action is not Action.KEEP
    }


def _verb(found: tuple[Action, Any] | None) -> str:
    return VERBS[found[0]] if found else "as specified"
