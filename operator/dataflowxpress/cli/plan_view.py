"""Plan view: how the steps of a plan are shown to people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.plans import effect_line, head, leaves, summary

COLORS = {
    Action.KEEP: "dim",
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "magenta",
    Action.DELETE: "red",
    Action.LEAVE: "dim",
    Action.REFUSE: "bold red",
}


def shown(
    steps: Sequence[Step], effects: Sequence[str] = (), *, everything: bool = False
) -> Iterator[Text]:
    """Yield the lines of a plan; *everything*: also what is kept, and each property of the new."""
    for step in steps:
        if everything or step.action is not Action.KEEP:
            yield Text(head(step), style=COLORS[step.action])
            yield from (_line(leaf) for leaf in leaves(step, everything=everything))
    yield from (Text(effect_line(effect), style="yellow") for effect in effects)
    yield Text(summary(steps), style="bold")


def _line(leaf: Change) -> Text:
    path, _, values = str(leaf).partition(": ")
    old, arrow, new = values.rpartition(" -> ")
    line = Text(f"    {path}: ")
    return line.append(old, "red").append(arrow).append(new, "green")
