"""Schedule: the work items of all pipelines, in the order in which they become due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from .workitem import NEVER, Item

Key = tuple[str, str]  # namespace and name


class Schedule:
    """The items by namespace and name; finds those that are due without reading the others."""

    def __init__(self) -> None:
        self._items: dict[Key, Item] = {}
        self._later: list[tuple[float, Key]] = []  # a heap, in which earlier times remain, too
        self._latest: dict[Key, float] = {}  # the time in the heap that was recorded last
        self._due: dict[Key, Item] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def get(self, key: Key) -> Item | None:
        """Return the item of a pipeline."""
        return self._items.get(key)

    def put(self, item: Item) -> None:
        """Add an item, or record that it becomes due at another time."""
        key = item.reference.key
        self._items[key] = item
        if item.due_at not in (NEVER, self._latest.get(key)):
            heapq.heappush(self._later, (item.due_at, key))
            self._latest[key] = item.due_at

    def remove(self, key: Key) -> None:
        """Remove the item of a pipeline, if there is one."""
        for entries in (self._items, self._latest, self._due):
            entries.pop(key, None)

    def due(self, now: float) -> list[Item]:
        """Return the items that are due at a time."""
        while self._later and self._later[0][0] <= now:
            time, key = heapq.heappop(self._later)
            if self._latest.get(key) == time:
                del self._latest[key]
            if item := self._items.get(key):
                self._due[key] = item
        self._due = {key: item for key, item in self._due.items() if item.due_at <= now}
        return list(self._due.values())
