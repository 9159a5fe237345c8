"""Progress: what a sandbox is doing, and how long that took."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from rich import progress as bars
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator


class Progress:
    """Tells when a step begins and how long it took; on a terminal, of the seconds between too."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    def tell(self, what: str) -> None:
        """Print a line."""
        self._console.print(what)

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show that something goes on, and once it is done how long it took."""
        began = time.monotonic()
        with self._under_way(what):
            yield
        self.tell(f"[green]✓[/] {what} [dim]{time.monotonic() - began:.1f} s[/]")

    def _under_way(self, what: str) -> contextlib.AbstractContextManager[object]:
        if not self._console.is_terminal:
            self.tell(f"[dim]…[/] {what}")
            return contextlib.nullcontext()
        columns = (bars.SpinnerColumn(), bars.TextColumn(what), bars.TimeElapsedColumn())
        spinner = bars.Progress(*columns, console=self._console, transient=True)
        spinner.add_task(what)
        return spinner
