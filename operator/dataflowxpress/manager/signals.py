"""Signals: the wish of whoever runs the process that it ends."""

from __future__ import annotations

import select
import signal
import socket


class Signals:
    """Collects SIGTERM and SIGINT for whoever waits for them; make it in the main thread.

    A handler may run in the middle of anything, so here it does nothing but wake the one who waits.
    """

    def __init__(self) -> None:
        self._woken, wakes = socket.socketpair()
        wakes.settimeout(0)  # as the interpreter wants it
        self._kept = wakes  # the interpreter knows only its number
        signal.set_wakeup_fd(wakes.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float) -> bool:
        """Wait for at most *seconds*; say whether we were ever asked to end."""
        return bool(select.select([self._woken], [], [], seconds)[0])
