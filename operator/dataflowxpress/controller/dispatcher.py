"""Dispatcher: runs the worker on due pipelines, in a pool of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dataflowxpress.api.pipeline import Reference
from dataflowxpress.telemetry.context import Pool

from .workqueue import WorkQueue

TICK = 0.5  # seconds between checks of the schedule; an added pipeline is processed at once


class Dispatcher:
    """Calls *process* for each due pipeline of *queue*, in one thread for each of its workers."""

    def __init__(self, queue: WorkQueue, process: Callable[[Reference], None]) -> None:
        self._queue, self._process = queue, process
        self._pool = Pool(queue.shares.workers, thread_name_prefix="worker")
        self._stopped = threading.Event()

    def run(self) -> None:
        """Run until stopped; return when the work in progress has ended."""
        while not self._stopped.is_set():
            while not self._stopped.is_set() and (reference := self._queue.pop()):
                self._pool.submit(self._process, reference)
            self._queue.wait(TICK)
        self._pool.shutdown(cancel_futures=True)

    def stop(self) -> None:
        """Start no more work."""
        self._stopped.set()
