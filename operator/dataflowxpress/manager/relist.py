"""Relist: lists the pipelines regularly, and repairs what a lost watch event left undone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.controller.handlers import SPREAD
from dataflowxpress.controller.worker import Worker
from dataflowxpress.kube.client import UNANSWERED

from .watch_monitor import Watch

log = logging.getLogger(__name__)


class Relist:
    """Lists the metadata of all *objects* every *interval* seconds, in a thread of its own.

    A slow API server delays it, and fails no probe. Its result is the liveness check of the watch.
    """

    def __init__(
        self, objects: Callable[[], Iterable[Any]], watch: Watch, worker: Worker, interval: float
    ) -> None:
        self._objects, self._watch, self._worker = objects, watch, worker
        self._interval, self._stopped, self._problem = interval, threading.Event(), ""

    def run(self) -> None:
        """List until stopped."""
        while not self._stopped.wait(self._interval):
            try:
                self.once()
            except UNANSWERED as error:  # readiness reports it
                log.info("the pipelines cannot be listed: %s", error)
                self._problem = ""

    def stop(self) -> None:
        """Start no more lists."""
        self._stopped.set()

    def watch_current(self) -> str:
        """Describe changes that the watch missed, or return an empty string."""
        return self._problem

    def once(self) -> None:
        """Compare a list with what the watch has delivered; enqueue and forget accordingly."""
        scheduled, observed = self._worker.queue.known(), self._watch.observed()
        found = [Pipeline(item) for item in self._objects()]
        current = {p.uid: str(p.body["metadata"]["resourceVersion"]) for p in found}
        self._problem = self._watch.compare(current)
        for pipeline in found:
            self._worker.observe(pipeline, within=SPREAD)
        for reference in scheduled:  # before the list: later ones can be missing in it
            if reference.uid not in current:
                self._worker.forget(reference)
        self._watch.forget(observed - current.keys())
