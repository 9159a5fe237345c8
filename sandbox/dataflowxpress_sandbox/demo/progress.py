"""Progress: prints the changes of a pipeline's status while the demo waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.console import Console

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.errors import SandboxError

POLL = 0.5  # seconds


class TookTooLongError(SandboxError):
    """An awaited state did not occur in time."""


class Progress:
    """Prints each line once, except *known* ones, with the seconds since its creation."""

    def __init__(
        self,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        *,
        known: Iterable[str] = (),
    ) -> None:
        self._console, self._clock = console, clock
        self._started, self._printed = clock(), {*known}

    @property
    def seconds(self) -> float:
        """The seconds since its creation."""
        return self._clock() - self._started

    def show(self, line: str) -> None:
        """Print *line*, unless it was printed before."""
        if line not in self._printed:
            self._printed.add(line)
            self._console.print(
                f"  [dim]{self.seconds:6.1f} s[/]  {line}", highlight=False, soft_wrap=True
            )

    def watch(
        self,
        look: Callable[[], Status],
        until: Callable[[Status], bool],
        timeout: float,
        lines: Callable[[Status], Iterable[str]] | None = None,
    ) -> Status:
        """Print each new line of the status until *until* holds; return the status.

        Raises TookTooLongError after *timeout* seconds.
        """
        while True:
            status = look()
            for line in (lines or data_lines)(status):
                self.show(line)
            if until(status):
                return status
            if self.seconds > timeout:
                raise TookTooLongError(f"nothing more after {timeout:.0f} s; {_last(status)}")
            time.sleep(POLL)


def data_lines(status: Status) -> Iterator[str]:
    """Yield the lines about the data in a status."""
    if crawl := status.last_crawl:
        error = f": {crawl.error}" if crawl.error else ""
        began = f" [dim](began {crawl.started[11:19]})[/]" if crawl.started else ""
        yield f"crawl {crawl.state.lower()}{error}{began}"
    for run in reversed(status.runs):
        rows = f", {run.objects} objects, {run.rows_written} rows" if run.objects else ""
        yield f"job run {run.id[:11]}… {run.state.lower()}{rows}"
    if (current := status["DataCurrent"]) and status.data:
        yield f"data {current.reason}: {status.data.objects} converted, {status.data.waiting} wait"


def _last(status: Status) -> str:
    conditions: list[Any] = [
        f"{c.type}={c.status} ({c.reason}) {c.message}" for c in status.conditions
    ]
    return "; ".join(conditions)
