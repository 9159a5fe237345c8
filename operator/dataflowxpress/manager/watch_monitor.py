"""Watch: whether what changes in the cluster still reaches us."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping

WATCH_STALE_AFTER = 120.0  # seconds: kopf replaces a watch that is silent for 70 by itself


class Watch:
    """Compares what the watch has told with what is there, by UID and resource version."""

    def __init__(
        self, deaf: float = WATCH_STALE_AFTER, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.deaf, self._clock = deaf, clock
        self._heard: dict[str, str] = {}
        self._behind: dict[str, float] = {}
        self._lock = threading.Lock()

    def hear(self, uid: str, version: str | None) -> None:
        """Note what the watch has told of an object; None: it is gone."""
        with self._lock:
            self._behind.pop(uid, None)
            if version is None:
                self._heard.pop(uid, None)
            else:
                self._heard[uid] = version

    def compare(self, there: Mapping[str, str], busy: Collection[str] = ()) -> str:
        """Say what the watch has not told for too long of what is *there*, or nothing.

        Of objects that are *busy* it tells only when work on them has ended.
        """
        with self._lock:
            now, heard = self._clock(), self._heard
            late = {uid for uid in there.keys() | heard if there.get(uid) != heard.get(uid)}
            self._behind = {uid: self._behind.get(uid, now) for uid in late.difference(busy)}
            deaf = [since for since in self._behind.values() if now - since > self.deaf]
        if not deaf:
            return ""
        return f"the watch has told nothing of {len(deaf)} changed pipelines for {self.deaf:.0f} s"
