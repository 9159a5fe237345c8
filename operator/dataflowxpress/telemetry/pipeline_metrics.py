"""Pipeline metrics: the values that the operator exports for one pipeline."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import SUCCEEDED, is_active
from dataflowxpress.api.status import Condition, Data, Status
from dataflowxpress.api.timestamps import parse_time


class DataMetric(NamedTuple):
    """A gauge of a pipeline's data."""

    name: str
    help: str
    value: Callable[[Data], int | None]  # None: unknown, and no sample


DATA_METRICS = (
    DataMetric("objects", "Uploaded objects that are converted.", lambda data: data.objects),
    DataMetric("rows", "Rows in Parquet.", lambda data: data.rows),
    DataMetric("rejected_rows", "Rejected rows.", lambda data: data.rejected),
    DataMetric("refused_objects", "Uploaded objects without any row.", lambda data: data.refused),
    DataMetric("waiting_objects", "Uploaded objects not converted yet.", lambda data: data.waiting),
    DataMetric("dead_letters", "Messages in dead-letter queues.", lambda data: data.dead_letters),
)


class PipelineMetrics(NamedTuple):
    """The metrics of one pipeline; interned text keeps thousands of them small."""

    conditions: tuple[tuple[str, str, str], ...] = ()  # type, status, reason
    resources: tuple[tuple[str, int], ...] = ()  # state, number of resources
    data: tuple[int | None, ...] = ()  # in the order of DATA_METRICS; empty if unknown
    succeeded: float | None = None  # end of the last successful run
    converged: float | None = None  # time of the last comparison without differences
    drifted: Condition | None = None
    detected: int = 0  # drift
    corrected: int = 0
    ended: frozenset[str] = frozenset()  # IDs of ended runs in the status, which are counted
    dpu_seconds: int = 0  # of the runs that ended since the first status

    def after(self, status: Status, *, converged: float | None) -> Self:
        """Return the metrics after an update of the status."""
        states = Counter(each.state for each in status.resources)
        drift = Counter(_drift(self.drifted, now)) if (now := status["Drifted"]) else Counter()
        return self._replace(
            conditions=tuple(map(_labels, status.conditions)),
            resources=tuple((sys.intern(state), count) for state, count in states.items()),
            data=tuple(each.value(status.data) for each in DATA_METRICS) if status.data else (),
            succeeded=_succeeded(status),
            converged=converged or self.converged,
            drifted=now,
            detected=self.detected + drift["detected"],
            corrected=self.corrected + drift["corrected"],
            ended=ended_runs(status) or self.ended,
            dpu_seconds=self.dpu_seconds + _dpu_seconds(status, self.ended),
        )


def ended_runs(status: Status) -> frozenset[str]:
    """Return the IDs of the ended runs."""
    return frozenset(run.id for run in status.runs if not is_active(run.state))


def _dpu_seconds(status: Status, counted: frozenset[str]) -> int:
    new = ended_runs(status) - counted
    return sum(run.dpu_seconds or 0 for run in status.runs if run.id in new)


def _labels(condition: Condition) -> tuple[str, str, str]:
    return (
        sys.intern(condition.type),
        sys.intern(condition.status),
        sys.intern(str(condition.reason)),
    )


def _succeeded(status: Status) -> float | None:
    successful = (run for run in status.runs if run.state == SUCCEEDED and run.started)
    ended = (parse_time(run.started).timestamp() + run.seconds for run in successful)
    return next(ended, None)


def _drift(was: Condition | None, now: Condition) -> Iterator[str]:
    """Yield `detected` and `corrected` for a transition of the condition."""
    if now == was:
        return
    was_drifted = was is not None and was.status == "True"
    if now.reason != Reason.NO_DRIFT and not was_drifted:
        yield "detected"
    if now.reason == Reason.CORRECTED or (was_drifted and now.status == "False"):
        yield "corrected"
