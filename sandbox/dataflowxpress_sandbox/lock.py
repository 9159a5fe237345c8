"""Lock: a file that one process at a time can hold."""

from __future__ import annotations

import contextlib
import fcntl
from typing import IO, TYPE_CHECKING

from dataflowxpress_sandbox.parallel import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event

_RETRY_SECONDS = 0.1


@contextlib.contextmanager
def held(
    path: Path, cancelled: Event | None = None, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold a lock file during the block. The kernel releases it however its holder ends.

    While another process holds it, the call waits: `waiting` is called once, and `cancelled` ends
    the wait with `Cancelled`.
    """
    with path.open("w") as file:
        if not _taken(file):
            if waiting:
                waiting()
            _wait(file, cancelled)
        yield


def _wait(file: IO[str], cancelled: Event | None) -> None:
    if not cancelled:
        fcntl.flock(file, fcntl.LOCK_EX)
        return
    while not _taken(file):  # a thread that waits inside flock cannot be interrupted
        if cancelled.wait(_RETRY_SECONDS):
            raise Cancelled


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
