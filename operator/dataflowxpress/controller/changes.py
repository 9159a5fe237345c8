"""Changes: how events of changes in AWS affect the schedule of pipelines."""

from __future__ import annotations

from dataclasses import dataclass, field

from .change_index import ChangeIndex, Owner
from .coverage import Coverage
from .result import Result

RESYNC = 21_600.0  # seconds between comparisons of a pipeline whose changes arrive as events


@dataclass(frozen=True)
class Changes:
    """The resources of all pipelines, and where events report their changes."""

    coverage: Coverage
    resync: float = RESYNC
    index: ChangeIndex = field(default_factory=ChangeIndex)

    def resync_after(self, owner: Owner, result: Result) -> float:
        """Record the result for a pipeline; return the seconds until its next comparison.

        The interval of the spec is the shortest one, and it applies where events do not arrive.
        """
        self.index.observe(owner, result.status, result.access)
        location = self.index.location(owner)
        covered = location is not None and self.coverage.includes(location)
        return max(result.resync, self.resync) if covered else result.resync

    def lost(self) -> set[Owner]:
        """Check where events arrive; return the pipelines whose changes no longer do.

        Raises the error of AWS if the operator's own account is unknown.
        """
        return self.index.owners(self.coverage.check(self.index.locations()))

    def forget(self, owner: Owner) -> None:
        """Drop a deleted pipeline."""
        self.index.forget(owner)
