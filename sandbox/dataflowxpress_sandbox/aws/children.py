"""Children: child processes that end with this process, even if it is killed.

They join the process group of a guardian process. The guardian waits for the end of a pipe whose
other end only this process has open. The kernel closes the pipe whenever this process ends. The
guardian then kills its process group, including itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_GUARD = """
import os, signal, sys
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_IGN)
sys.stdin.buffer.read()
os.killpg(0, signal.SIGKILL)
"""


class Children:
    """The process group of the children of this process."""

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        guard = [sys.executable, "-I", "-S", "-c", _GUARD]
        self._guardian = subprocess.Popen(guard, stdin=reader, process_group=0)
        os.close(reader)

    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen[Any]:
        """Start a process like `subprocess.Popen`, which ends with this process."""
        return subprocess.Popen(*arguments, **options, process_group=self._guardian.pid)

    def adopt(self, module: Any) -> None:
        """Make a module start its processes in this process group."""
        module.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": self.start})

    def end(self) -> None:
        """Kill all children and wait for the guardian."""
        os.close(self._writer)
        self._guardian.wait()


def tie_to_parent() -> None:
    """Kill this process group when the parent process, which holds standard input open, ends."""
    when_parent_ends(lambda: os.killpg(0, signal.SIGKILL))


def when_parent_ends(act: Callable[[], Any]) -> None:
    """Call `act` when the parent process ends or closes this process' standard input."""

    def wait() -> None:
        while os.read(0, 1):  # not through sys.stdin, whose lock would outlive the interpreter
            pass
        act()

    threading.Thread(target=wait, name="parent", daemon=True).start()
