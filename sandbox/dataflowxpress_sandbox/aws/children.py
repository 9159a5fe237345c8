"""Children: processes that end when this one does, even when it is killed.

They join the process group of a guardian, which waits for the end of a pipe that only this process
holds open. The kernel closes it however this process ends, and the guardian then kills its group,
itself included.
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
    """The process group of this process' children."""

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        guard = [sys.executable, "-I", "-S", "-c", _GUARD]
        self._guardian = subprocess.Popen(guard, stdin=reader, process_group=0)
        os.close(reader)

    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen[Any]:
        """Start a process like `subprocess.Popen`, but as one that does not outlive this one."""
        return subprocess.Popen(*arguments, **options, process_group=self._guardian.pid)

    def adopt(self, module: Any) -> None:
        """Have a module that starts processes start them here."""
        module.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": self.start})

    def end(self) -> None:
        """Kill all of them and wait until the guardian has done it."""
        os.close(self._writer)
        self._guardian.wait()


def tie_to_parent() -> None:
    """Have this whole process group be killed when our parent, which holds our input open, ends."""
    when_parent_ends(lambda: os.killpg(0, signal.SIGKILL))


def when_parent_ends(act: Callable[[], Any]) -> None:
    """Act when whoever holds our standard input open has ended or closed it."""

    def wait() -> None:
        while os.read(0, 1):  # not through sys.stdin, whose lock would outlive the interpreter
            pass
        act()

    threading.Thread(target=wait, name="parent", daemon=True).start()
