"""Watchdog: ends the process at a deadline, whatever its threads do."""

from __future__ import annotations

import contextlib
import faulthandler
import os
from typing import NoReturn

STDERR = "/proc/self/fd/2"


class Watchdog:
    """Ends the process unless it is extended in time.

    The timer is a thread outside the interpreter: even a stopped or hung process does no more work
    once another process leads. It writes a traceback, but never waits for a reader of stderr.
    """

    def __init__(self) -> None:
        self._output = _nonblocking_stderr()

    def extend(self, seconds: float) -> None:
        """End the process after this many seconds, unless called again."""
        faulthandler.dump_traceback_later(max(seconds, 0.001), exit=True, file=self._output)

    def remove(self) -> None:
        """Let the process run on."""
        faulthandler.cancel_dump_traceback_later()

    def end(self, reason: str) -> NoReturn:
        """End the process now."""
        with contextlib.suppress(OSError):  # without a reader: the exit must not wait
            os.write(self._output, f"{reason}\n".encode())
        os._exit(1)


def _nonblocking_stderr() -> int:
    """Open stderr again, because O_NONBLOCK on the inherited one would affect all who share it.

    Without /proc, or if the process must not open it, the output is lost.
    """
    try:
        return os.open(STDERR, os.O_WRONLY | os.O_NONBLOCK | os.O_APPEND)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
