"""Processes: what a sandbox runs in the background, found again by a mark in its environment.

A process and all that it starts inherit the mark, so nothing is lost when the one that started it
dies, and a recycled process number is never taken for ours.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from dataflowxpress_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

SANDBOX = "DATAFLOWXPRESS_SANDBOX"
PROCESS = "DATAFLOWXPRESS_PROCESS"
_FOREIGN = ("AWS_", "KUBECONFIG", SANDBOX, PROCESS)
_KILL_SECONDS = 10.0
_EXEC_SECONDS = 5.0
_TAIL = 15


@dataclass(frozen=True)
class Process:
    """A process in the background that belongs to the sandbox in `directory`."""

    name: str
    pid: int
    directory: Path

    @property
    def log(self) -> Path:
        """The file that gets its output."""
        return self.directory / "logs" / f"{self.name}.log"

    @property
    def alive(self) -> bool:
        """Whether it still runs: a zombie does not, nor does who has its number now."""
        _await_exec(self.pid)
        return _mark(self.pid) == (str(self.directory), self.name)

    @property
    def memory(self) -> int:
        """Resident bytes of it and of all that it started."""
        return sum(_resident(pid) for pid in _marked(self.directory, {self.name}))

    def tail(self) -> str:
        """Return the last lines of its output, with where the rest is, to end a message with."""
        if not self.log.is_file():
            return ""
        with self.log.open(errors="replace") as log:
            last = "".join(deque(log, _TAIL)).rstrip()
        return f" The end of {self.log}:\n{last}"

    def stop(self, timeout: float = 10) -> None:
        """End it and all that it started, by force after `timeout` seconds."""
        stop(self.directory, {self.name}, timeout=timeout)


def start(
    name: str, argv: list[str], *, directory: Path, env: Mapping[str, str] | None = None
) -> Process:
    """Start a process that no terminal can interrupt, with its output in `logs/<name>.log`.

    It inherits our environment without what points to another cloud or cluster, plus `env`.
    """
    directory = directory.resolve()
    process = Process(name, 0, directory)
    process.log.parent.mkdir(parents=True, exist_ok=True)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
    log = (os.POSIX_SPAWN_OPEN, 1, process.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    pid = os.posix_spawnp(
        argv[0],
        argv,
        {**inherited, **(env or {}), SANDBOX: str(directory), PROCESS: name},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            log,
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE],
    )
    _await_exec(pid)
    return Process(name, pid, directory)


def find(directory: Path) -> dict[str, Process]:
    """Return the sandbox's running processes by name."""
    directory = directory.resolve()
    leaders = [pid for pid in _marked(directory) if _leads(pid)]
    named = {pid: _mark(pid)[1] for pid in leaders}
    return {name: Process(name, pid, directory) for pid, name in named.items() if name}


def stop(directory: Path, names: Collection[str] | None = None, *, timeout: float = 10) -> None:
    """End a sandbox's processes of these names, or all, and what they have started.

    They are asked first; what is left after `timeout` seconds, or once they are gone, is killed.
    """
    directory = directory.resolve()
    leaders = [pid for pid in _marked(directory, names) if _leads(pid)]
    _end(leaders, signal.SIGTERM, directory, timeout)
    deadline = time.monotonic() + _KILL_SECONDS
    while remaining := _remaining(directory, names):
        if time.monotonic() > deadline:
            raise SandboxError(f"processes {remaining} of {directory} cannot be killed")
        _end(remaining, signal.SIGKILL, directory, 1)


def wait_until(
    condition: Callable[[], bool], timeout: float, what: str, *, process: Process | None = None
) -> None:
    """Poll until the condition holds.

    Raises SandboxError, with the end of the process' log, when that takes more than `timeout`
    seconds or when the process ends before.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if process and not process.alive:
            raise SandboxError(
                f"{process.name} has ended, no use waiting for {what}.{process.tail()}"
            )
        if time.monotonic() > deadline:
            tail = process.tail() if process else ""
            raise SandboxError(f"Waited {timeout:g} seconds in vain for {what}.{tail}")
        time.sleep(0.03)


def _remaining(directory: Path, names: Collection[str] | None) -> list[int]:
    # What is about to become another program shows no mark for an instant: none is none twice.
    return list(_marked(directory, names)) or list(_marked(directory, names))


def _marked(directory: Path, names: Collection[str] | None = None) -> Iterator[int]:
    for pid in psutil.pids():
        sandbox, name = _mark(pid)
        if sandbox == str(directory) and (names is None or name in names):
            yield pid


def _mark(pid: int) -> tuple[str | None, str | None]:
    try:
        environment = psutil.Process(pid).environ()
    except psutil.Error:  # it has ended, or belongs to somebody else
        return None, None
    return environment.get(SANDBOX), environment.get(PROCESS)


def _await_exec(pid: int) -> None:
    """Linux shows no environment for the instant in which it replaces one program by another.

    The wait is bounded: the kernel's own threads, one of which may have the number, never have any.
    """
    deadline = time.monotonic() + _EXEC_SECONDS
    while _shows_nothing(pid) and time.monotonic() < deadline:
        time.sleep(0.001)


def _shows_nothing(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and not process.environ()
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it cannot be read while it is replaced
        return True


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def _end(pids: list[int], number: signal.Signals, directory: Path, timeout: float) -> None:
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).send_signal(number)
    deadline = time.monotonic() + timeout
    while any(_mark(pid)[0] == str(directory) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in pids:
        with contextlib.suppress(ChildProcessError):  # it was started by somebody else
            os.waitpid(pid, os.WNOHANG)


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
