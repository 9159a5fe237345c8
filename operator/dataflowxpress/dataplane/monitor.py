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
from dataflowxpress.reporting.conditions import Fact

from .freshness import data_current
from .manifest_log import Books
from .observation import Facts, gather
from .recovery import Decision, Remedy, decide, leftover, work_of


class Look(NamedTuple):
    """What a look found, and what is to be done about it."""

    status: Status
    fact: Fact
    remedy: Remedy | None
    busy: bool


class Watcher:
    """Looks at data; what stands still for *patience* seconds is somebody's to set going."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience, self._clock, self._books = patience, clock, Books()
        self._still: dict[str, tuple[tuple[str, str], float]] = {}

    def look(
        self,
        client: Callable[[str], Any],
        spec: DataPipelineSpec,
        wanted: Sequence[Resource],
        before: Status,
    ) -> Look:
        """Return where the data of the pipeline made of *wanted* is."""
        bucket = only(wanted, Bucket).name
        facts = gather(client, spec, wanted, self._books)
        decision = self._decide(bucket, spec, facts, before)
        seen = {
            "last_crawl": facts.crawl,
            "runs": facts.runs,
            "data": facts.data,
            "backstop": decision.memory,
        }
        fact = data_current(spec, facts, decision.memory)
        found = before.model_copy(update=seen)
        return Look(found, fact, decision.remedy, busy=self._is_busy(spec, facts, decision))

    @staticmethod
    def _is_busy(spec: DataPipelineSpec, facts: Facts, decision: Decision) -> bool:
        """Whether the next look is to come soon; an attempt that failed is followed by a pause."""
        is_new = not spec.suspend and leftover(facts) is not None and decision.memory is None
        return facts.moving or decision.remedy is not None or is_new

    def _decide(
        self, bucket: str, spec: DataPipelineSpec, facts: Facts, before: Status
    ) -> Decision:
        ready = before["Ready"]
        if spec.suspend or ready is None or ready.status != "True":
            self._still.pop(bucket, None)
            return Decision(before.backstop)
        still = self._still_for(bucket, facts, before)
        return decide(facts, before, still, datetime.now(UTC), self._patience)

    def _still_for(self, bucket: str, facts: Facts, before: Status) -> float:
        """Return for how many seconds the same has been left, as far as this process has seen."""
        left, now = leftover(facts), self._clock()
        if left is None:
            self._still.pop(bucket, None)
            return 0
        what = (left.reason, work_of(facts, before))
        if self._still.get(bucket, (None, 0))[0] != what:
            self._still[bucket] = what, now
        return now - self._still[bucket][1]
