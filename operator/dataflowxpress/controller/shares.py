"""Shares: how many workers the pipelines of one namespace, and deletions, can use at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import count

from dataflowxpress.aws.turns import Priority

from .workitem import Item

WORKERS = 16
NAMESPACE_SHARE = 0.75  # of the workers for one namespace: the rest is for the other namespaces
DELETION_SHARE = 0.25  # of the workers for deletions: emptying a bucket can take hours
ROUTINE_SHARE = 0.875  # of all workers, and of those for one namespace, for polls, resyncs, retries


@dataclass
class Shares:
    """The number of workers, and the limits on their use; namespaces take turns."""

    workers: int = WORKERS
    _turns: dict[str, int] = field(default_factory=dict, init=False)
    _counter: count[int] = field(default_factory=lambda: count(1), init=False)

    @property
    def deletions(self) -> int:
        """The number of deletions that can run at once."""
        return _part(self.workers, DELETION_SHARE)

    @property
    def routine(self) -> int:
        """The number of pipelines that can be processed at once without a request."""
        return _part(self.workers, ROUTINE_SHARE)

    @property
    def per_namespace(self) -> int:
        """The number of pipelines of one namespace that can be processed at once."""
        return _part(self.workers, NAMESPACE_SHARE)

    @property
    def routine_per_namespace(self) -> int:
        """The number of pipelines of one namespace that can be processed without a request."""
        return _part(self.per_namespace, ROUTINE_SHARE)

    def allowed(self, active: Collection[Item]) -> Callable[[Item], bool]:
        """Return whether an item can start besides the *active* ones."""
        if len(active) >= self.workers:
            return lambda _: False
        routine = [item for item in active if item.serving is Priority.ROUTINE]
        no_routine = len(routine) >= self.routine
        no_deletions = sum(item.deleting for item in active) >= self.deletions
        full = _namespaces_with(self.per_namespace, active)
        full_of_routine = _namespaces_with(self.routine_per_namespace, routine)

        def is_allowed(item: Item) -> bool:
            namespace, is_routine = item.reference.namespace, item.priority is Priority.ROUTINE
            return (
                namespace not in full
                and not (item.deleting and no_deletions)
                and not (is_routine and (no_routine or namespace in full_of_routine))
            )

        return is_allowed

    def turn(self, item: Item) -> int:
        """Return a number that is lower the longer ago the item's namespace had its turn."""
        return self._turns.get(item.reference.namespace, 0)

    def take_turn(self, item: Item) -> None:
        """Record that the item's namespace had its turn."""
        self._turns[item.reference.namespace] = next(self._counter)

    def keep_only(self, namespaces: Collection[str]) -> None:
        """Forget namespaces that have no pipeline any more."""
        for namespace in self._turns.keys() - namespaces:
            del self._turns[namespace]


def _part(workers: int, share: float) -> int:
    return max(1, int(workers * share))


def _namespaces_with(number: int, items: Collection[Item]) -> set[str]:
    """Return the namespaces that have at least *number* of the items."""
    counted = Counter(item.reference.namespace for item in items)
    return {namespace for namespace, used in counted.items() if used >= number}
