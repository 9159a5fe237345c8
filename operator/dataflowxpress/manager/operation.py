"""Operation: runs kopf and the workers in threads; the main thread handles Lease and signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Collection, Sequence
from typing import Any, Protocol

import kopf

from dataflowxpress.controller import handlers  # noqa: F401 - its import registers the handlers
from dataflowxpress.controller.dispatcher import Dispatcher
from dataflowxpress.controller.worker import Worker

log = logging.getLogger(__name__)

DRAIN = 5.0  # seconds for work in progress to end
_IDENTITY: Any = "standalone"  # without it kopf needs a user name, which containers lack
RESPONSE = 5.0  # seconds within which the event loop must run a new callback


def configure_logging(log_format: str) -> None:
    """Configure the log format of kopf: `plain`, `full` or `json`."""
    kopf.configure(log_format=kopf.LogFormat[log_format.upper()])


class Loop(Protocol):
    """Work that repeats in a thread of its own."""

    def run(self) -> None:
        """Repeat until stopped."""

    def stop(self) -> None:
        """Request the end of `run`."""


class Operation:
    """Processes the pipelines of some namespaces, or of all if none is given, and runs *loops*.

    The handlers find *shared* in their memo, next to the worker.
    """

    def __init__(
        self, namespaces: Collection[str], worker: Worker, loops: Sequence[Loop], **shared: Any
    ) -> None:
        self._namespaces = namespaces
        self._memo = kopf.Memo(worker=worker, **shared)
        self._loops = [Dispatcher(worker.queue, worker.process), *loops]
        self._threads = [
            threading.Thread(target=self._watch, name="operator", daemon=True),
            *(
                threading.Thread(target=loop.run, name=type(loop).__name__.lower(), daemon=True)
                for loop in self._loops
            ),
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
        for loop in self._loops:
            loop.stop()
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
