"""Data monitor: polls the data of all pipelines and decides when to recover stalled work."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Status
from dataflowxpress.aws.resources import Bucket
from dataflowxpress.aws.usage import usage_after
from dataflowxpress.planning.resource import Resource, only
from dataflowxpress.reporting.conditions import ConditionUpdate

from .confirmations import with_confirmations
from .freshness import data_current
from .manifest_logs import ManifestLogs
from .observation import Observation, observe
from .quiet import QuietData
from .recovery import Decision, RecoveryAction, decide, unfinished_work, work_of


class DataReport(NamedTuple):
    """The result of a poll, and the recovery action to take."""

    status: Status
    condition: ConditionUpdate
    action: RecoveryAction | None
    busy: bool


class DataPath(NamedTuple):
    """The resources through which the data of a pipeline flows, and its status before a poll."""

    client: Callable[[str], Any]
    spec: DataPipelineSpec
    wanted: Sequence[Resource]
    before: Status

    @property
    def bucket(self) -> Bucket:
        """The bucket of the pipeline."""
        return only(self.wanted, Bucket)

    @property
    def owner(self) -> str:
        """The pipeline, as in the owner tag."""
        return self.bucket.scope.owner


class DataMonitor:
    """Polls data; work that stalls for *stall_timeout* seconds gets a recovery action."""

    def __init__(self, stall_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stall_timeout, self._clock, self._logs = stall_timeout, clock, ManifestLogs()
        self._quiet = QuietData(self._logs)
        self._stalled: dict[str, tuple[tuple[str, str], float]] = {}

    def poll(self, path: DataPath, created: Collection[Id] = ()) -> DataReport:
        """Poll the data of a pipeline in full; its resources in *created* are new."""
        self._quiet.forget(path.owner)
        observation = observe(path.client, path.spec, path.wanted, self._logs, created)
        if not created:
            self._quiet.record(path.owner, path.spec, observation, path.before)
        return self._report(path, observation)

    def recheck(self, path: DataPath) -> DataReport:
        """Poll as `poll` does; data that does not move is read in full only now and then."""
        unchanged = self._quiet.unchanged(path.client("s3"), path.spec, path.bucket, path.before)
        return self.poll(path) if unchanged is None else self._report(path, unchanged)

    def _report(self, path: DataPath, observation: Observation) -> DataReport:
        client, spec, wanted, before = path
        decision = self._decide(path, observation)
        update = {
            "last_crawl": observation.crawl,
            "runs": observation.runs,
            "data": observation.data,
            "recovery": decision.recovery,
        }
        condition = data_current(spec, observation, decision.recovery)
        after = before.model_copy(update=update)
        usage = usage_after(before, after, datetime.now(UTC))
        status = with_confirmations(client, wanted, after.model_copy(update={"usage": usage}))
        return DataReport(
            status, condition, decision.action, busy=self._is_busy(spec, observation, decision)
        )

    def forget(self, owner: str) -> None:
        """Drop what is remembered of a deleted pipeline."""
        self._logs.forget(owner)
        self._quiet.forget(owner)
        self._stalled.pop(owner, None)

    @staticmethod
    def _is_busy(spec: DataPipelineSpec, observation: Observation, decision: Decision) -> bool:
        """Whether to poll again soon; a pause follows a failed attempt."""
        is_new = (
            not spec.suspend
            and unfinished_work(observation) is not None
            and decision.recovery is None
        )
        # With an interval, messages are in flight for as long as they wait for its end.
        moving = observation.active if spec.trigger.min_interval_seconds else observation.moving
        return moving or decision.action is not None or is_new

    def _decide(self, path: DataPath, observation: Observation) -> Decision:
        before, ready = path.before, path.before["Ready"]
        if path.spec.suspend or ready is None or ready.status != "True":
            self._stalled.pop(path.owner, None)
            return Decision(before.recovery)
        stalled = self._stalled_for(path.owner, observation, before)
        return decide(observation, before, stalled, datetime.now(UTC), self._stall_timeout)

    def _stalled_for(self, owner: str, observation: Observation, before: Status) -> float:
        """Return the seconds for which this process has seen the same unfinished work."""
        unfinished, now = unfinished_work(observation), self._clock()
        if unfinished is None:
            self._stalled.pop(owner, None)
            return 0
        work = (unfinished.reason, work_of(observation, before))
        if self._stalled.get(owner, (None, 0))[0] != work:
            self._stalled[owner] = work, now
        return now - self._stalled[owner][1]
