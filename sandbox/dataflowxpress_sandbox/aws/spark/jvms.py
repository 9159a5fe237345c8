"""JVMs: those of one AWS server; one that is idle waits some minutes for the next run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from . import home
from .forks import Forks
from .jvm import Jvm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .jars import Artifact

_IDLE = 120.0  # seconds, after which half a gigabyte of memory is free


class Jvms:
    """Gives each run a JVM that no other run uses.

    *forks* are the Python side of the runs, whose server ends with the idle JVM.
    """

    def __init__(self, folder: Path) -> None:
        self.forks = Forks(folder)
        self._folder = folder
        self._lock = threading.Lock()
        self._idle: Jvm | None = None
        self._timer = threading.Timer(0, self.end)

    def take(self, extras: Sequence[Artifact] = ()) -> Jvm:
        """Return a JVM with *extras* on its class path: the idle one, or a new one."""
        if jvm := self._swap(None):
            if jvm.alive and jvm.home == home.current(extras):
                return jvm
            jvm.kill()  # which removes its files
        spark = home.prepare(extras)
        return Jvm(spark, self._folder, *spark.archived())

    def give_back(self, jvm: Jvm) -> None:
        """Keep a JVM whose run ended by itself."""
        if not jvm.reset():
            jvm.kill()
        elif other := self._swap(jvm):
            other.kill()

    def end(self) -> None:
        """Kill the idle JVM, and end the server of forks."""
        if jvm := self._swap(None):
            jvm.kill()
        self.forks.end()

    def _swap(self, jvm: Jvm | None) -> Jvm | None:
        with self._lock:
            self._timer.cancel()
            before, self._idle = self._idle, jvm
            if jvm:
                self._timer = threading.Timer(_IDLE, self.end)
                self._timer.daemon = True
                self._timer.start()
        return before
