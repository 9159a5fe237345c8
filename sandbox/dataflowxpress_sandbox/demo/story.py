"""Story: tells what happens to uploaded files, as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.console import Console

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.errors import SandboxError

POLL = 0.5  # seconds


class TookTooLongError(SandboxError):
    """What was waited for has not come."""


class Story:
    """Prints each line once, with the seconds since the story began."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._began, self._told = clock(), set[str]()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return self._clock() - self._began

    def tell(self, line: str) -> None:
        """Print *line*, unless it was printed before."""
        if line not in self._told:
            self._told.add(line)
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
        """Tell of each new fact in the status until *until* holds; it is returned then."""
        while True:
            status = look()
            for line in (lines or facts)(status):
                self.tell(line)
            if until(status):
                return status
            if self.seconds > timeout:
                raise TookTooLongError(f"nothing more after {timeout:.0f} s; {_last(status)}")
            time.sleep(POLL)


def facts(status: Status) -> Iterator[str]:
    """Yield what a status says of the data, a line a fact."""
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
