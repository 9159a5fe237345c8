"""Changes: how events of changes in AWS affect the schedule of pipelines."""

from __future__ import annotations

from dataclasses import dataclass, field

from dataflowxpress.api.status import Status

from .change_index import ChangeIndex, Owner
from .coverage import Coverage

RESYNC = 21_600.0  # seconds between comparisons of a pipeline whose changes arrive as events


@dataclass(frozen=True)
class Changes:
    """The resources of all pipelines, and where events report their changes."""

    coverage: Coverage
    resync: float = RESYNC
    index: ChangeIndex = field(default_factory=ChangeIndex)

    def resync_after(self, owner: Owner, status: Status, usual: float) -> float:
        """Record the status of a pipeline; return the seconds until its next comparison.

        *usual* is the interval of the spec. It is the shortest one, and it applies where events do
        not arrive.
        """
        self.index.observe(owner, status)
        location = self.index.location(owner)
        covered = location is not None and self.coverage.includes(location)
        return max(usual, self.resync) if covered else usual

    def forget(self, owner: Owner) -> None:
        """Drop a deleted pipeline."""
        self.index.forget(owner)
