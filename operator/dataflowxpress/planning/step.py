"""Step: the action for one resource of a plan, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id

from .diff import Change
from .resource import Resource


class Action(Enum):
    """The action of a step; the value is its sign in a plan."""

    KEEP = " "
    CREATE = "+"
    UPDATE = "~"
    REPLACE = "±"
    DELETE = "-"
    LEAVE = "·"  # lost its owner tag, or was adopted: removed from the inventory, not deleted
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
    known: bool = False  # part of the inventory
    foreign: bool = False  # refused, and not owned: never part of the inventory
    held_by: frozenset[Id] = frozenset()  # refused resources; until then the step is not executed
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
    def explanation(self) -> str:
        """The problem or the reason of the step, for people; empty if there is nothing to say."""
        return self.problem.message if self.problem else self.reason

    @property
    def is_recorded(self) -> bool:
        """Whether the resource belongs in the inventory: it exists, or may exist after the step."""
        return not self.foreign and (self.known or not self.held_by)

    @property
    def changed(self) -> frozenset[str]:
        """The top-level properties that change."""
        return frozenset(str(change.path[0]) for change in self.changes)


@dataclass(frozen=True)
class Outcome:
    """The result of a step."""

    step: Step
    problem: Problem | None = None
