"""Operation: kopf and the workers, in threads: the main one is free for Lease and signals."""

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

log = logging.getLogger(__name__)

DRAIN = 5.0  # seconds that work in hand may take to end by itself
_NOBODY: Any = "standalone"  # or kopf looks for the user's name, which a container does not have
ANSWER = 5.0  # seconds within which the event loop takes up something new


def configure_logging(log_format: str) -> None:
    """Log as kopf does: `plain`, `full` or `json`."""
    kopf.configure(log_format=kopf.LogFormat[log_format.upper()])


class Operation:
    """Works on the pipelines of some namespaces, or of all where none is given.

    *shared* is what the handlers find in their memo besides the worker.
    """

    def __init__(self, namespaces: Collection[str], worker: Worker, **shared: Any) -> None:
        self._namespaces = namespaces
        self._memo = kopf.Memo(worker=worker, queue=worker.queue, **shared)
        self._dispatcher = Dispatcher(worker.queue, worker.process)
        self._threads = [
            threading.Thread(target=self._watch, name="operator", daemon=True),
            threading.Thread(target=self._dispatcher.run, name="dispatcher", daemon=True),
        ]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def alive(self) -> bool:
        """Say whether all of it still goes on."""
        return all(thread.is_alive() for thread in self._threads)

    def ended(self) -> bool:
        """Say whether nothing of it goes on any more."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End it once the work in hand is done; what takes long is left to be interrupted."""
        self._dispatcher.stop()
        if self._loop:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended by itself
                self._loop.call_soon_threadsafe(self._over.set)
        deadline = time.monotonic() + DRAIN
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))

    def turning(self) -> str:
        """Say that the event loop hangs, or nothing."""
        if not self._loop or not self.alive():
            return ""
        answered = threading.Event()
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(answered.set)
        return "" if answered.wait(ANSWER) else f"the event loop has hung for {ANSWER:.0f} s"

    def _watch(self) -> None:
        # kopf would have us know that it leaves signals alone: they are the main thread's.
        logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
        try:
            asyncio.run(self._operate())
        except Exception:
            log.exception("the operator has failed")

    async def _operate(self) -> None:
        self._loop = asyncio.get_running_loop()
        await kopf.operator(
            standalone=True,
            identity=_NOBODY,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._over,
            memo=self._memo,
        )
