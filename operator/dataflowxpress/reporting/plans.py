"""Plans: a plan in words for people, and as a document for programs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from dataflowxpress.planning.blocking import blocked
from dataflowxpress.planning.changes import flatten_changes
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.step import Action, Step

ActionName = Literal["keep", "create", "update", "replace", "delete", "leave", "refuse"]
VERBS = {
    Action.CREATE: "to create",
    Action.UPDATE: "to change",
    Action.REPLACE: "to replace",
    Action.DELETE: "to delete",
    Action.LEAVE: "to forget",
    Action.REFUSE: "refused",
}


def lines(steps: Sequence[Step], effects: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines of a plan; resources without a change are only counted."""
    for step in steps:
        if step.action is not Action.KEEP:
            yield head(step)
            yield from (f"    {leaf}" for leaf in leaves(step))
    yield from map(effect_line, effects)
    yield summary(steps)


def head(step: Step) -> str:
    """Return the action, the resource and the reason of a step."""
    said = f"  ({reason})" if (reason := why(step)) else ""
    return f"{step.action.value} {step.id}{said}"


def leaves(step: Step, *, everything: bool = False) -> Iterator[Change]:
    """Yield the changes of a step; *everything*: also each property of a new resource."""
    changes = step.changes
    if everything and step.action is Action.CREATE and step.resource:
        changes = tuple(
            Change((key,), None, value) for key, value in step.resource.desired().items()
        )
    for change in changes:
        yield from flatten_changes(change)


def effect_line(effect: str) -> str:
    """Return what a plan means for the data, in one line."""
    return f"Data: {effect}."


def summary(steps: Sequence[Step]) -> str:
    """Return the actions of a plan with their numbers, in one line."""
    counts = Counter(step.action for step in steps)
    numbers = [f"{counts[action]} {verb}" for action, verb in VERBS.items() if counts[action]]
    if numbers:
        return f"Plan: {', '.join(numbers)}."
    from .outcomes import are_as_specified  # imports the status, which completion does without

    return f"Nothing to do: {are_as_specified(counts[Action.KEEP])}."


def as_document(
    pipeline: str, steps: Sequence[Step], effects: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a plan for programs; actions are named, and what is kept is in it."""
    return {
        "pipeline": pipeline,
        "steps": [described(step).as_json() for step in steps],
        "effects": list(effects),
    }


def why(step: Step) -> str:
    """Return what there is to say about a step beside its changes."""
    return blocked(step.held_by).message if step.held_by else step.explanation


@dataclass(frozen=True)
class PlannedStep:
    """The action of a plan for one resource, for programs."""

    action: ActionName
    kind: str
    """The kind of the resource, for example `Crawler`."""
    name: str
    """The name of the resource in AWS."""
    key: tuple[str, ...]
    """The identifiers of the resource in AWS."""
    arn: str
    """The ARN; empty if the resource has none, or leaves the pipeline."""
    reason: str
    """Why the action is needed or refused; empty if the changes say it."""
    changes: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the step as `plan -o json` prints it."""
        changes = [{**vars(each), "path": list(each.path)} for each in self.changes]
        return {**vars(self), "key": list(self.key), "changes": changes}


def described(step: Step) -> PlannedStep:
    """Return *step* without what only the engine needs."""
    return PlannedStep(
        action=cast("ActionName", step.action.name.lower()),
        kind=step.id.kind,
        name=step.id.name,
        key=step.id.key,
        arn=step.resource.arn if step.resource else "",
        reason=why(step),
        changes=tuple(leaves(step)),
    )
