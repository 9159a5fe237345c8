"""Seen: what metrics keep of each pipeline: some figures, since there may be thousands."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, Self

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import SUCCEEDED
from dataflowxpress.api.status import Condition, Data, Status


class Figure(NamedTuple):
    """A number about the data of a pipeline."""

    name: str
    meaning: str
    of: Callable[[Data], int | None]  # None: unknown, and no sample


FIGURES = (
    Figure("objects", "Uploaded objects that are converted.", lambda data: data.objects),
    Figure("rows", "Rows that the Parquet holds.", lambda data: data.rows),
    Figure("rejected_rows", "Rows that did not fit.", lambda data: data.rejected),
    Figure("waiting_objects", "Uploaded objects not converted yet.", lambda data: data.waiting),
    Figure("dead_letters", "Messages nobody could deal with.", lambda data: data.dead_letters),
)


class Seen(NamedTuple):
    """What is known of one pipeline; most words are the same for all, and kept once."""

    conditions: tuple[tuple[str, str, str], ...] = ()  # type, status, reason
    resources: tuple[tuple[str, int], ...] = ()  # how many are in a state
    figures: tuple[int | None, ...] = ()  # as in FIGURES, or nothing
    succeeded: float | None = None  # when the last run that succeeded ended
    converged: float | None = None  # when everything was last compared and true
    drifted: Condition | None = None
    detected: int = 0  # drift
    corrected: int = 0

    def after(self, status: Status, *, converged: float | None) -> Self:
        """Return what is known once a pipeline has this status."""
        states = Counter(line.state for line in status.resources)
        drift = Counter(_drift(self.drifted, now)) if (now := status["Drifted"]) else Counter()
        return self._replace(
            conditions=tuple(map(_words, status.conditions)),
            resources=tuple((sys.intern(state), count) for state, count in states.items()),
            figures=tuple(figure.of(status.data) for figure in FIGURES) if status.data else (),
            succeeded=_succeeded(status),
            converged=converged or self.converged,
            drifted=now,
            detected=self.detected + drift["detected"],
            corrected=self.corrected + drift["corrected"],
        )


def _words(condition: Condition) -> tuple[str, str, str]:
    said = condition.type, condition.status, str(condition.reason)
    return sys.intern(said[0]), sys.intern(said[1]), sys.intern(said[2])


def _succeeded(status: Status) -> float | None:
    good = (run for run in status.runs if run.state == SUCCEEDED and run.started)
    ended = (datetime.fromisoformat(run.started).timestamp() + run.seconds for run in good)
    return next(ended, None)


def _drift(was: Condition | None, now: Condition) -> Iterator[str]:
    """Yield `detected` and `corrected`, as the condition tells it when it changes."""
    if now == was:
        return
    open_before = was is not None and was.status == "True"
    if now.reason != Reason.NO_DRIFT and not open_before:
        yield "detected"
    if now.reason == Reason.CORRECTED or (open_before and now.status == "False"):
        yield "corrected"
