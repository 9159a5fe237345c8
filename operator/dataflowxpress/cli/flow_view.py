"""Flow view: the flow of a pipeline as a tree of stages and hops, in the width of a terminal."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from dataflowxpress.reporting.flow import stages
from dataflowxpress.reporting.health import Health
from dataflowxpress.reporting.hops import HOPS

if TYPE_CHECKING:
    from dataflowxpress.reporting.activity import Activity
    from dataflowxpress.reporting.flow import Node

MARKS = {
    Health.FAILING: ("✗", "red"),
    Health.DRIFTING: ("≠", "red"),
    Health.WAITING: ("…", "yellow"),
    Health.ACTIVE: ("▶", "cyan"),
    Health.UNKNOWN: ("?", "dim"),
    Health.PAUSED: ("‖", "yellow"),
    Health.HEALTHY: ("✓", "green"),
}
QUIET = frozenset({Health.HEALTHY, Health.UNKNOWN})  # the mark says enough
NARROW = 60  # columns: below, the figures of a hop follow in a line of their own
TITLE = max(len(hop.title) for hop in HOPS)  # columns


def tree(
    name: str, nodes: Sequence[Node], width: int, known: Container[str] = ()
) -> Iterator[Text]:
    """Yield the lines of a tree; a state that needs attention is also written out.

    Messages in *known* are left out.
    """
    yield Text(name, style="bold")
    found = list(stages(nodes))
    for number, (stage, health, members) in enumerate(found):
        is_last = number == len(found) - 1
        yield Text.assemble(("└─ " if is_last else "├─ ", "dim"), MARKS[health], f" {stage}")
        for node in members:
            end = "└─ " if node is members[-1] else "├─ "
            yield from _hop(node, ("   " if is_last else "│  "), end, width, known)


def _hop(node: Node, margin: str, end: str, width: int, known: Container[str]) -> Iterator[Text]:
    health, note = node.state.health, note_of(node.state, known)
    words = [] if health in QUIET else [health.capitalize()]
    figures = ("".join(f"  {each}" for each in [*words, note] if each), MARKS[health][1])
    if health in QUIET:
        figures = (figures[0], "")
    title = node.hop.title if width < NARROW else f"{node.hop.title:{TITLE}}"
    head = Text.assemble((margin + end, "dim"), MARKS[health], f" {title} {node.name}".rstrip())
    if width >= NARROW:
        yield head.append(*figures)
        return
    yield head
    if figures[0]:
        below = "   " if end.startswith("└") else "│  "
        yield Text.assemble((margin + below, "dim"), figures)


def note_of(state: Activity, known: Container[str] = ()) -> str:
    """Return figure, text, time and message of a state, those that it has and are not *known*."""
    figure = "" if state.figure is None else f"{state.figure} {state.unit}"
    at = state.at.replace("T", " ").rstrip("Z")
    facts = ", ".join(each for each in (figure, state.text, at) if each)
    return ": ".join(each for each in (facts, state.message) if each and each not in known)
