"""Plan view: how the steps of a plan are shown to people, and to programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from dataflowxpress.planning.blocking import blocked
from dataflowxpress.planning.changes import flatten_changes
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.step import Action, Step

COLORS = {
    Action.KEEP: "dim",
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "magenta",
    Action.DELETE: "red",
    Action.LEAVE: "dim",
    Action.REFUSE: "bold red",
}
VERBS = {
    Action.CREATE: "to create",
    Action.UPDATE: "to change",
    Action.REPLACE: "to replace",
    Action.DELETE: "to delete",
    Action.LEAVE: "to forget",
    Action.REFUSE: "refused",
}


def shown(
    steps: Sequence[Step], effects: Sequence[str] = (), *, everything: bool = False
) -> Iterator[Text]:
    """Yield the lines of a plan; *everything*: also what is kept, and each property of the new."""
    for step in steps:
        if everything or step.action is not Action.KEEP:
            yield _head(step)
            yield from (_line(leaf) for leaf in _leaves(step, everything=everything))
    yield from (Text(f"Data: {effect}.", style="yellow") for effect in effects)
    yield Text(summary(steps), style="bold")


def summary(steps: Sequence[Step]) -> str:
    """Return what is to be done, in one line."""
    counts = Counter(step.action for step in steps)
    reported_errors = [
        f"{counts[action]} {verb}" for action, verb in VERBS.items() if counts[action]
    ]
    return (
        f"Plan: {', '.join(reported_errors)}."
        if reported_errors
        else f"Nothing to do: {_kept(counts)}."
    )


def _kept(counts: Counter[Action]) -> str:
    from dataflowxpress.reporting.outcomes import are_as_specified

    return are_as_specified(counts[Action.KEEP])


def as_document(
    pipeline: str, steps: Sequence[Step], effects: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a plan for programs; actions are named, and what is kept is in it."""
    return {"pipeline": pipeline, "steps": list(map(_plain, steps)), "effects": list(effects)}


def why(step: Step) -> str:
    """Return what there is to say about a step beside its changes."""
    return blocked(step.held_by).message if step.held_by else step.explanation


def _head(step: Step) -> Text:
    said = f"  ({reason})" if (reason := why(step)) else ""
    return Text(f"{step.action.value} {step.id}{said}", style=COLORS[step.action])


def _leaves(step: Step, *, everything: bool) -> Iterator[Change]:
    changes = step.changes
    if everything and step.action is Action.CREATE and step.resource:
        changes = tuple(
            Change((key,), None, value) for key, value in step.resource.desired().items()
        )
    for change in changes:
        yield from flatten_changes(change)


def _line(leaf: Change) -> Text:
    path, _, values = str(leaf).partition(": ")
    old, arrow, new = values.rpartition(" -> ")
    line = Text(f"    {path}: ")
    return line.append(old, "red").append(arrow).append(new, "green")


def _plain(step: Step) -> Mapping[str, Any]:
    return {
        "action": step.action.name.lower(),
        "kind": step.id.kind,
        "name": step.id.name,
        "key": list(step.id.key),
        "arn": step.resource.arn if step.resource else "",
        "reason": why(step),
        "changes": [
            {"path": list(leaf.path), "old": leaf.old, "new": leaf.new}
            for leaf in _leaves(step, everything=False)
        ],
    }
