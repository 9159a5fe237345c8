"""Flow view: the flow of a pipeline as a tree of stages and hops, in the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from dataflowxpress.reporting.flow import Hop, State, stages

MARKS = {
    State.FAILED: ("✗", "red"),
    State.DRIFTED: ("≠", "red"),
    State.WAITING: ("…", "yellow"),
    State.UNKNOWN: ("?", "dim"),
    State.ACTIVE: ("▶", "cyan"),
    State.READY: ("✓", "green"),
}
NARROW = 60  # columns: below, the figures of a hop follow in a line of their own
PART = 12  # columns of the widest part, `dead letters`


def tree(name: str, hops: Sequence[Hop], width: int) -> Iterator[Text]:
    """Yield the lines of a tree; a state that is not ready is also written out."""
    yield Text(name, style="bold")
    found = list(stages(hops))
    for number, (stage, state, members) in enumerate(found):
        is_last = number == len(found) - 1
        yield Text.assemble(("└─ " if is_last else "├─ ", "dim"), _mark(state), f" {stage}")
        for hop in members:
            end = "└─ " if hop is members[-1] else "├─ "
            yield from _hop(hop, ("   " if is_last else "│  "), end, width)


def _hop(hop: Hop, margin: str, end: str, width: int) -> Iterator[Text]:
    is_known = hop.state in {State.READY, State.UNKNOWN}
    told = f"  {hop.note}" if hop.note else ""
    state = "" if is_known else f"  {hop.state}"
    figures = (f"{state}{told}", "" if is_known else MARKS[hop.state][1])
    part = hop.part if width < NARROW else f"{hop.part:{PART}}"
    head = Text.assemble((margin + end, "dim"), _mark(hop.state), f" {part} {hop.name}".rstrip())
    if width >= NARROW:
        yield head.append(*figures)
        return
    yield head
    if figures[0]:
        below = "   " if end.startswith("└") else "│  "
        yield Text.assemble((margin + below, "dim"), figures)


def _mark(state: State) -> tuple[str, str]:
    return MARKS[state]
