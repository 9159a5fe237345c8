"""Plans: the changes that AWS needs for a pipeline, to print, to test and to apply."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dataflowxpress.reporting.plans import PlannedStep, as_document, described, lines, summary

if TYPE_CHECKING:
    from dataflowxpress.planning.step import Step

    from .pipeline import DataPipeline


@dataclass(frozen=True)
class Plan:
    """What `apply` would do; `str()` returns the text of `dataflowxpress plan`."""

    pipeline: DataPipeline
    steps: tuple[PlannedStep, ...] = field(init=False)
    """A step for each resource, in order; also for resources that stay as they are."""
    effects: tuple[str, ...]
    """What the plan means for converted objects and tables, in sentences."""
    planned: tuple[Step, ...] = field(repr=False)
    """The steps with what the engine needs; no part of the public API."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(map(described, self.planned)))

    @property
    def has_changes(self) -> bool:
        """Whether `apply` would change AWS."""
        return any(step.action.writes for step in self.planned)

    @property
    def refused(self) -> tuple[PlannedStep, ...]:
        """The resources that `apply` would not touch, each with the reason and the fix."""
        return tuple(step for step in self.steps if step.action == "refuse")

    @property
    def summary(self) -> str:
        """The actions with their numbers, in one line."""
        return summary(self.planned)

    def __str__(self) -> str:
        return "\n".join(lines(self.planned, self.effects))

    def as_json(self) -> dict[str, Any]:
        """Return the document that `dataflowxpress plan -o json` prints."""
        owner = f"{self.pipeline.namespace}/{self.pipeline.name}"
        found: dict[str, Any] = json.loads(
            json.dumps(as_document(owner, self.planned, self.effects))
        )
        return found
