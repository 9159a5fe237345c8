"""Quiet data: if nothing moves, two calls show that nothing changed since the last full poll."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Status
from dataflowxpress.aws.resources import Bucket
from dataflowxpress.planning.packing import pack, unpack

from .manifest_logs import ManifestLogs
from .manifest_reads import ManifestRef
from .missing import naming
from .observation import Observation
from .recovery import unfinished_work
from .uploads import pending_and_refused, uploads

# One of these many polls is a full one, at the latest. A random number distributes the full polls
# of a fleet.
OFTENEST, SELDOMEST = 4, 6


class Quiet(NamedTuple):
    """The result of the last full poll, and what it read."""

    observation: bytes  # packed: 17 KB in memory with ten runs
    refused: int  # objects
    generation: int | None  # of the spec
    manifest: ManifestRef | None  # the newest one
    left: int  # polls that may rely on it


@dataclass
class QuietData:
    """The last full polls of the pipelines whose data does not move."""

    logs: ManifestLogs
    choose: Callable[[int, int], int] = random.randint
    _known: dict[str, Quiet] = field(default_factory=dict)

    def unchanged(
        self, s3: Any, spec: DataPipelineSpec, bucket: Bucket, status: Status
    ) -> Observation | None:
        """Return the last observation if it still holds; None if a full poll is due.

        Lists the manifests and the uploads. An upload, a deletion and a run that converted objects
        change one of these lists.
        """
        owner = bucket.scope.owner
        known = self._known.pop(owner, None)  # an error forgets it
        if known is None or not known.left or known.generation != status.observed_generation:
            return None
        with naming(bucket):
            log = self.logs.of(owner, s3, bucket.name)
            pending, refused = pending_and_refused(log, uploads(s3, bucket.name, spec.source))
        if pending or log.last != known.manifest or refused.count != known.refused:
            return None
        self._known[owner] = known._replace(left=known.left - 1)
        observation: Observation = unpack(known.observation)
        return observation

    def record(
        self, owner: str, spec: DataPipelineSpec, observation: Observation, status: Status
    ) -> None:
        """Record a full poll; data that moves, waits or has failed needs a full one again."""
        self.forget(owner)
        if _is_quiet(spec, observation):
            self._known[owner] = Quiet(
                pack(observation),
                refused=observation.data.refused or 0,
                generation=status.observed_generation,
                manifest=self.logs.last(owner),
                left=self.choose(OFTENEST, SELDOMEST) - 1,
            )

    def forget(self, owner: str) -> None:
        """Make the next poll of a pipeline a full one."""
        self._known.pop(owner, None)


def _is_quiet(spec: DataPipelineSpec, observation: Observation) -> bool:
    """Return whether only an upload, a schedule or a user can change the data.

    Messages wait in the queues of a suspended pipeline, and nothing takes them.
    """
    if observation.moving or not (spec.suspend or unfinished_work(observation) is None):
        return False
    waits = observation.pending or observation.requests or observation.publishing
    wrong = observation.data.dead_letters or observation.unknown_columns
    return observation.packaged and not (waits or wrong)
