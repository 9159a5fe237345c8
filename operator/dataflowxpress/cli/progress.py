"""Progress: what goes on while a command takes its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

from rich import progress as bars
from rich.console import Console
from rich.text import Text

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status
from dataflowxpress.planning.plan import Outcome, Step

from .failures import Failure
from .plan_view import COLORS

POLL = 0.5  # seconds
Seen = TypeVar("Seen", Status, Status | None)


class Steps:
    """Prints each step when it is done, above a bar where a terminal shows one."""

    def __init__(self, console: Console, steps: Sequence[Step] = ()) -> None:
        columns = (bars.SpinnerColumn(), bars.BarColumn(), bars.MofNCompleteColumn())
        self._console = console
        self._bar = bars.Progress(
            *columns,
            bars.TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=len(steps) or None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, outcome: Outcome) -> None:
        """Show how a step went; one that had nothing to do only moves the bar."""
        step, problem = outcome.step, outcome.problem
        self._bar.advance(self._task)
        if problem and problem.reason is not Reason.BLOCKED:
            self._console.print(Text(f"✗ {step.id}: {problem.message}", style="red"))
        elif step.action.writes:
            style = COLORS[step.action]
            self._console.print(Text(f"✓ {step.action.value} {step.id}", style=style))


def follow(
    look: Callable[[], Seen], until: Callable[[Seen], bool], seconds: float, what: str
) -> Seen:
    """Look again and again until it is so; after *seconds*, fail and say how it is instead."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    deadline = time.monotonic() + seconds
    with console.status(what) if console.is_terminal else console:
        while not until(seen := look()):
            if time.monotonic() > deadline:
                raise Failure(f"{what}: not done after {seconds:.0f} s; {_said(seen)}")
            time.sleep(POLL)
        return seen


def _said(status: Status | None) -> str:
    ready = status["Ready"] if status else None
    return (
        f"Ready is {ready.status}: {ready.reason} {ready.message}" if ready else "it says nothing"
    )
