"""Manifest logs: those of all pipelines of this process, in bounded memory."""

from __future__ import annotations

import threading
from typing import Any

from dataflowxpress.api.errors import Refused

from .bounded import MIB
from .manifest_log import ManifestLog
from .manifest_reads import ManifestRef

ALL_BYTES = 256 * MIB  # of the memory of all logs


class ManifestLogs:
    """The manifest logs of all pipelines, by owner, in bounded memory.

    Beyond ALL_BYTES, the logs go that were used the longest time ago. Their next use reads them
    again. One worker at a time uses the log of an owner. Two pipelines whose specs name the same
    bucket do not share a log: concurrent updates would count manifests twice.
    """

    def __init__(self) -> None:
        self._logs: dict[str, ManifestLog] = {}  # the one that was used last is last
        self._lock = threading.Lock()

    def of(self, owner: str, s3: Any, bucket: str) -> ManifestLog:
        """Return the manifest log of *bucket* for *owner*, brought up to date."""
        log = self._logs.get(owner)
        try:
            if log is None or not log.follow(s3, bucket):
                log = ManifestLog.load(s3, bucket)
        except Refused:
            self.forget(owner)  # it may have half of a manifest
            raise
        self._keep(owner, log)
        return log

    def begin(self, owner: str) -> ManifestLog:
        """Return the log of a bucket that was just created, and has no manifests."""
        log = ManifestLog()
        self._keep(owner, log)
        return log

    def last(self, owner: str) -> ManifestRef | None:
        """Return the newest manifest that the log of *owner* has read."""
        log = self._logs.get(owner)
        return log.last if log else None

    def forget(self, owner: str) -> None:
        """Drop the log of a deleted pipeline."""
        with self._lock:
            self._logs.pop(owner, None)

    def _keep(self, owner: str, log: ManifestLog) -> None:
        with self._lock:
            self._logs.pop(owner, None)
            self._logs[owner] = log
            excess = sum(each.size for each in self._logs.values()) - ALL_BYTES
            for oldest in [*self._logs][:-1]:
                if excess <= 0:
                    return
                excess -= self._logs.pop(oldest).size
