"""Reconciliation: work on one pipeline as metrics, log lines and traces show it."""

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
    """What is being done; who does it says how it ended: `success`, `requeue` or `deleted`."""

    outcome: str = "error"


@contextlib.contextmanager
def observed(task: str, **pipeline: str | int) -> Iterator[Work]:
    """Time *task*, and have all that it logs say which *pipeline* and reconciliation it is."""
    fields = {**pipeline, "reconciliation": secrets.token_hex(4)}
    work, began = Work(), time.monotonic()
    with logs.about(**fields), traces.span(task, **fields):
        try:
            yield work
        finally:
            seconds = time.monotonic() - began
            RECONCILIATION_SECONDS.labels(task, work.outcome).observe(seconds)
