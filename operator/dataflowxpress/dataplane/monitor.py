"""Watcher: looks at the data of all pipelines, and remembers what stands still."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Status
from dataflowxpress.aws.resources import Bucket
from dataflowxpress.planning.resource import Resource, only
from dataflowxpress.reporting.conditions import ConditionUpdate

from .confirmations import with_confirmations
from .freshness import data_current
from .manifest_log import ManifestLogs
from .observation import Observation, observe
from .recovery import Decision, RecoveryAction, decide, unfinished_work, work_of


class DataReport(NamedTuple):
    """What a look found, and what is to be done about it."""

    status: Status
    fact: ConditionUpdate
    action: RecoveryAction | None
    busy: bool


class DataMonitor:
    """Looks at data; what stands still for *patience* seconds is somebody's to set going."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience, self._clock, self._logs = patience, clock, ManifestLogs()
        self._still: dict[str, tuple[tuple[str, str], float]] = {}

    def poll(
        self,
        client: Callable[[str], Any],
        spec: DataPipelineSpec,
        wanted: Sequence[Resource],
        before: Status,
    ) -> DataReport:
        """Return where the data of the pipeline made of *wanted* is."""
        bucket = only(wanted, Bucket).name
        observation = observe(client, spec, wanted, self._logs)
        decision = self._decide(bucket, spec, observation, before)
        seen = {
            "last_crawl": observation.crawl,
            "runs": observation.runs,
            "data": observation.data,
            "recovery": decision.memory,
        }
        fact = data_current(spec, observation, decision.memory)
        found = with_confirmations(client, wanted, before.model_copy(update=seen))
        return DataReport(
            found, fact, decision.action, busy=self._is_busy(spec, observation, decision)
        )

    @staticmethod
    def _is_busy(spec: DataPipelineSpec, observation: Observation, decision: Decision) -> bool:
        """Whether the next look is to come soon; an attempt that failed is followed by a pause."""
        is_new = (
            not spec.suspend
            and unfinished_work(observation) is not None
            and decision.memory is None
        )
        return observation.moving or decision.action is not None or is_new

    def _decide(
        self, bucket: str, spec: DataPipelineSpec, observation: Observation, before: Status
    ) -> Decision:
        ready = before["Ready"]
        if spec.suspend or ready is None or ready.status != "True":
            self._still.pop(bucket, None)
            return Decision(before.recovery)
        still = self._still_for(bucket, observation, before)
        return decide(observation, before, still, datetime.now(UTC), self._patience)

    def _still_for(self, bucket: str, observation: Observation, before: Status) -> float:
        """Return for how many seconds the same has been left, as far as this process has seen."""
        left, now = unfinished_work(observation), self._clock()
        if left is None:
            self._still.pop(bucket, None)
            return 0
        what = (left.reason, work_of(observation, before))
        if self._still.get(bucket, (None, 0))[0] != what:
            self._still[bucket] = what, now
        return now - self._still[bucket][1]
