"""Signals: requests to terminate the process."""

from __future__ import annotations

import select
import signal
import socket


class Signals:
    """Collects SIGTERM and SIGINT; must be created in the main thread.

    A handler can run at any point, so the handlers only wake the waiting thread.
    """

    def __init__(self) -> None:
        self._reader, writer = socket.socketpair()
        writer.settimeout(0)  # set_wakeup_fd requires a non-blocking socket
        self._writer = writer  # stays open: the interpreter holds only its number
        signal.set_wakeup_fd(writer.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float) -> bool:
        """Wait for at most *seconds*; return whether a signal has arrived."""
        return bool(select.select([self._reader], [], [], seconds)[0])
