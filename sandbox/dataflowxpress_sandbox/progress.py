"""Progress: the steps of a sandbox, how far each is, and how long it took."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from rich import progress as bars
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECONDS = 20.0


class Step:
    """A step that is under way."""

    def __init__(self, display: Callable[[str], None]) -> None:
        self._display = display

    def show(self, detail: str) -> None:
        """Show how far the step is, such as `12 of 52 MB`."""
        self._display(detail)


class Progress:
    """Writes to a terminal, or in lines: a line when a step begins, and one when it is done.

    On a terminal each step under way has a line with its detail and its seconds. Elsewhere the
    detail is a line of its own, at most one every `interval` seconds. Steps can run in threads.
    """

    def __init__(self, console: Console | None = None, *, interval: float = _SECONDS) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._interval = interval
        self._lock, self._running = threading.Lock(), 0
        columns = (
            bars.SpinnerColumn(),
            bars.TextColumn("{task.description}"),
            bars.TextColumn("[dim]{task.fields[detail]}[/]"),
            bars.TimeElapsedColumn(),
        )
        self._bars = bars.Progress(*columns, console=self._console, transient=True)

    def report(self, line: str) -> None:
        """Print a line."""
        self._console.print(line)

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show that a step is under way and, when the block succeeds, how long it took."""
        began = time.monotonic()
        with self._in_bars(title) if self._console.is_terminal else self._in_lines(title) as step:
            yield step
        self.report(f"[green]✓[/] {title} [dim]{time.monotonic() - began:.1f} s[/]")

    @contextlib.contextmanager
    def _in_bars(self, title: str) -> Iterator[Step]:
        with self._live():
            task = self._bars.add_task(title, total=None, detail="")
            try:
                yield Step(lambda detail: self._bars.update(task, detail=escape(detail)))
            finally:
                self._bars.remove_task(task)

    @contextlib.contextmanager
    def _live(self) -> Iterator[None]:
        """Refresh the bars while a step runs: a console has one live display at a time."""
        with self._lock:
            self._running += 1
            self._bars.start()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._bars.stop()

    @contextlib.contextmanager
    def _in_lines(self, title: str) -> Iterator[Step]:
        self.report(f"[dim]…[/] {title}")
        yield Step(_Lines(self, title, self._interval))


class _Lines:
    """The detail of a step as lines, not more often than a reader wants them."""

    def __init__(self, progress: Progress, title: str, interval: float) -> None:
        self._progress, self._title, self._interval = progress, title, interval
        self._began = self._last = time.monotonic()

    def __call__(self, detail: str) -> None:
        now = time.monotonic()
        if now - self._last >= self._interval:
            self._last = now
            seconds = f"[dim]{now - self._began:.0f} s[/]"
            self._progress.report(f"[dim]…[/] {self._title}: {escape(detail)} {seconds}")
