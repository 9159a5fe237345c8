"""Operation: runs kopf and the workers in threads; the main thread handles Lease and signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Collection
from typing import Any

import kopf

from dataflowxpress.controller import handlers  # noqa: F401 - its import registers the handlers
from dataflowxpress.controller.dispatcher import Dispatcher
from dataflowxpress.controller.worker import Worker

from .relist import Relist

log = logging.getLogger(__name__)

DRAIN = 5.0  # seconds for work in progress to end
_IDENTITY: Any = "standalone"  # without it kopf needs a user name, which containers lack
RESPONSE = 5.0  # seconds within which the event loop must run a new callback


def configure_logging(log_format: str) -> None:
    """Configure the log format of kopf: `plain`, `full` or `json`."""
    kopf.configure(log_format=kopf.LogFormat[log_format.upper()])


class Operation:
    """Processes the pipelines of some namespaces, or of all if none is given.

    The handlers find *shared* in their memo, next to the worker.
    """

    def __init__(
        self, namespaces: Collection[str], worker: Worker, relist: Relist, **shared: Any
    ) -> None:
        self._namespaces = namespaces
        self._memo = kopf.Memo(worker=worker, **shared)
        self._dispatcher, self._relist = Dispatcher(worker.queue, worker.process), relist
        self._threads = [
            threading.Thread(target=self._watch, name="operator", daemon=True),
            threading.Thread(target=self._dispatcher.run, name="dispatcher", daemon=True),
            threading.Thread(target=self._relist.run, name="relist", daemon=True),
        ]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def alive(self) -> bool:
        """Return whether all threads are running."""
        return all(thread.is_alive() for thread in self._threads)

    def ended(self) -> bool:
        """Return whether no thread is running."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Stop after the work in progress; the exit of the process interrupts longer work."""
        self._dispatcher.stop()
        self._relist.stop()
        if self._loop:
            with contextlib.suppress(RuntimeError):  # the loop has already ended
                self._loop.call_soon_threadsafe(self._stopped.set)
        deadline = time.monotonic() + DRAIN
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))

    def responsive(self) -> str:
        """Describe a hang of the event loop, or return an empty string."""
        if not self._loop or not self.alive():
            return ""
        responded = threading.Event()
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(responded.set)
        return "" if responded.wait(RESPONSE) else f"the event loop has hung for {RESPONSE:.0f} s"

    def _watch(self) -> None:
        # Silences kopf's warning that it does not handle signals: the main thread does.
        logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
        try:
            asyncio.run(self._operate())
        except Exception:
            log.exception("kopf failed")

    async def _operate(self) -> None:
        self._loop = asyncio.get_running_loop()
        await kopf.operator(
            standalone=True,
            identity=_IDENTITY,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._stopped,
            memo=self._memo,
        )
