"""Dispatcher: has threads take up the pipelines that are due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dataflowxpress.api.pipeline import Reference
from dataflowxpress.telemetry.context import Pool

from .workqueue import Agenda

log = logging.getLogger(__name__)

TICK = 0.5  # seconds between looks at the clock; what is asked for is taken up at once
THREADS = 16


class Dispatcher:
    """Has so many *threads* call *take_up* with what the agenda says."""

    def __init__(
        self, agenda: Agenda, take_up: Callable[[Reference], None], threads: int = THREADS
    ) -> None:
        self._agenda, self._take_up = agenda, take_up
        self._pool = Pool(threads, thread_name_prefix="worker")
        self._over = threading.Event()

    def run(self) -> None:
        """Go on until it is stopped, and return when the work in hand has ended."""
        while not self._over.is_set():
            for reference in self._agenda.claim():
                self._pool.submit(self._take_up, reference)
            self._agenda.wait(TICK)
        self._pool.shutdown(cancel_futures=True)

    def stop(self) -> None:
        """Take up nothing more."""
        self._over.set()
