"""Runs view: the runs of the job as a table, as blocks, and as a trend, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.reporting.text import pluralize

from .sparkline import sparkline

if TYPE_CHECKING:
    from dataflowxpress.api.status import Run

RUN_LINE = "{:10}  {:19}  {:>7}  {:>8}  {:>12}  {:>10}"
RUN_COLUMNS, ID_COLUMNS = 76, 70  # of that line, and of a run's ID after it
UNKNOWN = "-"
SERIES = 2  # runs that make a trend


def runs(found: Sequence[Run], named: str, width: int = 80) -> Iterator[Text]:
    """Yield runs as a table for *width* columns, and then errors and reasons in full.

    *named* is the pipeline as options of a command.
    """
    yield from _cards(found) if width < RUN_COLUMNS else _table(found, width)
    yield from _trend(found)
    for run in found:
        yield from _notes(run, named)


def _table(found: Sequence[Run], width: int) -> Iterator[Text]:
    """Yield a line for each run; its ID follows in a line of its own, or in a wide terminal's."""
    is_wide = width >= RUN_COLUMNS + ID_COLUMNS
    head = RUN_LINE.format("state", "started (UTC)", "seconds", "objects", "rows", "rejected")
    yield Text(f"{head}  run" if is_wide else head, style="bold")
    for run in found:
        figures = (run.objects, run.rows_written, run.rows_rejected)
        numbers = (UNKNOWN if each is None else each for each in figures)
        line = RUN_LINE.format(run.state, _started(run), run.seconds, *numbers).rstrip()
        if is_wide:
            yield Text.assemble((line, _run_color(run)), (f"  {run.id}", "dim"))
            continue
        yield Text(line, style=_run_color(run))
        yield Text(f"  {run.id}", style="dim")


def _cards(found: Sequence[Run]) -> Iterator[Text]:
    """Yield a block of short lines for each run."""
    for run in found:
        yield Text(f"{run.state}  {_started(run)}", style=_run_color(run))
        yield Text(f"  {run.seconds} s")
        if run.objects is not None and run.rows_written is not None:
            yield Text(
                f"  {pluralize(run.objects, 'object')}, {pluralize(run.rows_written, 'row')}"
            )
            yield Text(f"  {run.rows_rejected or 0} rejected")
        yield Text(f"  {run.id}", style="dim")


def _trend(found: Sequence[Run]) -> Iterator[Text]:
    """Yield the seconds and rows of several runs as sparklines, the oldest run first."""
    oldest_first = found[::-1]
    if len(found) < SERIES:
        return
    series: dict[str, list[int | None]] = {
        "seconds": [run.seconds for run in oldest_first],
        "rows": [run.rows_written for run in oldest_first],
    }
    yield Text("\nOldest to newest:", style="bold")
    for name, values in series.items():
        known = [each for each in values if each is not None]
        if known:
            span = f"  {min(known)} to {max(known)}"
            yield Text.assemble(f"  {name:8}", (sparkline(values), "cyan"), span)


def _started(run: Run) -> str:
    return run.started.replace("T", " ").rstrip("Z")


def _run_color(run: Run) -> str:
    return "red" if is_failed(run.state) else "yellow" if is_active(run.state) else "green"


def _notes(run: Run, named: str) -> Iterator[Text]:
    if is_failed(run.state):
        yield Text(f"\n{run.id} {run.state}:\n  {run.error or 'AWS Glue gives no reason'}")
    if run.type_changes:
        yield Text(f"\n{run.id}: columns with a wider type\n  {run.type_changes}")
    if run.rows_rejected:
        rows = pluralize(run.rows_rejected, "rejected row")
        yield Text(f"\n{run.id}: {rows}; to see them:")
        yield Text(f"  dataflowxpress rejects {named} --run {run.id}")
    elif run.rejects:
        yield Text(f"\n{run.id}: objects without rows")
    if run.rejects:
        yield Text(f"  {run.rejects}")
