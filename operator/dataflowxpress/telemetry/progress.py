"""Progress: lets each answered call of a reconciliation count as progress of its work."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator

_report: contextvars.ContextVar[Callable[[], None]] = contextvars.ContextVar("report")


@contextlib.contextmanager
def reported_to(heartbeat: Callable[[], None]) -> Iterator[None]:
    """Call *heartbeat* for progress within, in this thread and in the threads of a Pool."""
    token = _report.set(heartbeat)
    try:
        yield
    finally:
        _report.reset(token)


def report() -> None:
    """Report progress, if the caller works on a pipeline."""
    if heartbeat := _report.get(None):
        heartbeat()
