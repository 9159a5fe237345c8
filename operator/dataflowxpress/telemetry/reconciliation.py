"""Reconciliation: metrics, log context and traces for the work on one pipeline."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

from . import context as logs
from . import traces
from .metrics import RECONCILIATION_SECONDS


@dataclass
class Work:
    """The work; the caller sets the outcome: `success`, `requeue` or `deleted`."""

    outcome: str = "error"


@contextlib.contextmanager
def observed(task: str, **pipeline: str | int) -> Iterator[Work]:
    """Measure *task*, and add the *pipeline* and a reconciliation ID to its log records."""
    fields = {**pipeline, "reconciliation": secrets.token_hex(4)}
    work, started = Work(), time.monotonic()
    with logs.about(**fields), traces.span(task, **fields):
        try:
            yield work
        finally:
            seconds = time.monotonic() - started
            RECONCILIATION_SECONDS.labels(task, work.outcome).observe(seconds)
