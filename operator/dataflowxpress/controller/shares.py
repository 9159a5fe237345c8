"""Shares: how many workers the pipelines of one namespace, and deletions, can use at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import count

from .workitem import Item, Priority

WORKERS = 16
NAMESPACE_SHARE = 0.75  # of the workers for one namespace: the rest is for the other namespaces
DELETION_SHARE = 0.25  # of the workers for deletions: emptying a bucket can take hours
ROUTINE_SHARE = 0.875  # of the workers for polls, resyncs and retries: AWS' rates can delay them


@dataclass
class Shares:
    """The number of workers, and the limits on their use; namespaces take turns."""

    workers: int = WORKERS
    _turns: dict[str, int] = field(default_factory=dict, init=False)
    _counter: count[int] = field(default_factory=lambda: count(1), init=False)

    @property
    def deletions(self) -> int:
        """The number of deletions that can run at once."""
        return max(1, int(self.workers * DELETION_SHARE))

    @property
    def routine(self) -> int:
        """The number of pipelines that can be processed at once without a request."""
        return max(1, int(self.workers * ROUTINE_SHARE))

    @property
    def per_namespace(self) -> int:
        """The number of pipelines of one namespace that can be processed at once."""
        return max(1, int(self.workers * NAMESPACE_SHARE))

    def allowed(self, active: Collection[Item]) -> Callable[[Item], bool]:
        """Return whether an item can start besides the *active* ones."""
        if len(active) >= self.workers:
            return lambda _: False
        namespaces = Counter(item.reference.namespace for item in active)
        full = {name for name, used in namespaces.items() if used >= self.per_namespace}
        no_deletions = sum(item.deleting for item in active) >= self.deletions
        no_routine = sum(i.serving is Priority.ROUTINE for i in active) >= self.routine
        return lambda item: (
            item.reference.namespace not in full
            and not (item.deleting and no_deletions)
            and not (item.priority is Priority.ROUTINE and no_routine)
        )

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
