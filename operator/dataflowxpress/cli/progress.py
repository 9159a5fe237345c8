"""Progress: the output of a command while its work goes on."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self, TypeVar

from rich.console import Console
from rich.text import Text

from dataflowxpress.api.reasons import Reason

from .failures import Failure

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status
    from dataflowxpress.planning.step import Outcome, Step

POLL = 0.5  # seconds
Polled = TypeVar("Polled", "Status", "Status | None")


class Steps:
    """Prints each step as it ends, above a progress bar if the output is a terminal."""

    def __init__(self, console: Console, steps: Sequence[Step] = ()) -> None:
        from rich import progress

        columns = (progress.SpinnerColumn(), progress.BarColumn(), progress.MofNCompleteColumn())
        self._console = console
        self._bar = progress.Progress(
            *columns,
            progress.TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=len(steps) or None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, outcome: Outcome) -> None:
        """Print the outcome of a step; a step without changes only moves the bar."""
        from .plan_view import COLORS

        step, problem = outcome.step, outcome.problem
        self._bar.advance(self._task)
        if problem and problem.reason is not Reason.BLOCKED:
            self._console.print(Text(f"✗ {step.id}: {problem.message}", style="red"))
        elif step.action.writes:
            style = COLORS[step.action]
            self._console.print(Text(f"✓ {step.action.value} {step.id}", style=style))


def follow(
    poll: Callable[[], Polled], until: Callable[[Polled], bool], seconds: float, work: str
) -> Polled:
    """Poll until the answer satisfies *until*, and return it.

    Raises Failure after *seconds*; the message names *work* and the last state.
    """
    gc.enable()  # main() disables it
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.print(f"Waiting: {work}.")
    try:
        with console.status(work) if console.is_terminal else console:
            return _follow(poll, until, seconds, work)
    except KeyboardInterrupt:
        console.print(f"No longer waiting: {work}. The work itself continues.")
        raise


def _follow(
    poll: Callable[[], Polled], until: Callable[[Polled], bool], seconds: float, work: str
) -> Polled:
    deadline = time.monotonic() + seconds
    while not until(answer := poll()):
        if time.monotonic() > deadline:
            raise Failure(
                f"{work}: not done after {seconds:.0f} s",
                "wait longer with --timeout, or look at the pipeline's Events",
                why=_state(answer),
            )
        time.sleep(POLL)
    return answer


def _state(status: Status | None) -> str:
    ready = status["Ready"] if status else None
    if ready is None:
        return "the pipeline has no condition Ready yet"
    return f"Ready is {ready.status}: {ready.reason} {ready.message}".rstrip(" .")
