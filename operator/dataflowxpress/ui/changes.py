"""Changes: tells each open page which pipelines changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

Key = tuple[str, str]  # namespace and name


class Changes:
    """The pipelines that changed since a viewer last took them; several changes become one.

    *only* limits the changes to one pipeline.
    """

    def __init__(self, only: Key | None = None) -> None:
        self._only, self._keys, self._changed = only, set[Key](), asyncio.Event()

    def add(self, *keys: Key) -> None:
        """Record changes, and wake the viewer; no key means that everything can have changed."""
        relevant = keys if self._only is None else [key for key in keys if key == self._only]
        self._keys.update(relevant)
        if relevant or not keys:
            self._changed.set()

    async def take(self, within: float) -> set[Key]:
        """Return the changes as soon as there are some; none after this many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), within)
        self._changed.clear()
        taken, self._keys = self._keys, set()
        return taken


class Broadcast:
    """Sends changes to all open pages."""

    def __init__(self) -> None:
        self._viewers: set[Changes] = set()

    def __len__(self) -> int:
        return len(self._viewers)

    @contextlib.contextmanager
    def subscribed(self, only: Key | None = None) -> Iterator[Changes]:
        """Yield the changes from now on, of one pipeline or of all."""
        changes = Changes(only)
        self._viewers.add(changes)
        try:
            yield changes
        finally:
            self._viewers.remove(changes)

    def send(self, *keys: Key) -> None:
        """Send changes; no key means that everything can have changed."""
        for viewer in self._viewers:
            viewer.add(*keys)
