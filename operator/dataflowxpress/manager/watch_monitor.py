"""Watch monitor: detects a watch that no longer delivers changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

WATCH_STALE_AFTER = 120.0  # seconds: kopf itself replaces a watch that is silent for 70


class Watch:
    """Compares the delivered resource versions with the current ones, by UID."""

    def __init__(
        self, stale_after: float = WATCH_STALE_AFTER, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stale_after, self._clock = stale_after, clock
        self._observed: dict[str, str] = {}
        self._missed_since: dict[str, float] = {}
        self._lock = threading.Lock()

    def observe(self, uid: str, version: str | None) -> None:
        """Record a delivered resource version; None records a deletion."""
        with self._lock:
            self._missed_since.pop(uid, None)
            if version is None:
                self._observed.pop(uid, None)
            else:
                self._observed[uid] = version

    def observed(self) -> frozenset[str]:
        """Return the UIDs of all objects that the watch has delivered."""
        with self._lock:
            return frozenset(self._observed)

    def forget(self, uids: frozenset[str]) -> None:
        """Forget deleted objects: a watch that expires does not deliver deletions."""
        for uid in uids:
            self.observe(uid, None)

    def compare(self, current: Mapping[str, str]) -> str:
        """Describe changes of *current* objects that the watch missed; empty if there are none."""
        with self._lock:
            now, observed = self._clock(), self._observed
            missed = {uid for uid, version in current.items() if observed.get(uid) != version}
            self._missed_since = {uid: self._missed_since.get(uid, now) for uid in missed}
            age = [now - since for since in self._missed_since.values()]
            stale = sum(each > self._stale_after for each in age)
        if not stale:
            return ""
        return f"the watch missed changes of {stale} pipelines for {self._stale_after:.0f} s"
