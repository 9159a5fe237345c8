"""Processes: background processes of a sandbox, identified by variables in their environment.

Child processes inherit the variables. A sandbox therefore finds all its processes after their
parent has ended, and never mistakes a reused process id for its own.
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
_CHILD = "/child"  # ends the name in children with sessions of their own
_FOREIGN = ("AWS_", "KUBECONFIG", SANDBOX, PROCESS)
_KILL_SECONDS = 10.0
_EXEC_SECONDS = 5.0
_TAIL = 15


@dataclass(frozen=True)
class Process:
    """A background process of the sandbox in `directory`."""

    name: str
    pid: int
    directory: Path

    @property
    def log(self) -> Path:
        """The file with its output."""
        return self.directory / "logs" / f"{self.name}.log"

    @property
    def alive(self) -> bool:
        """Whether it is running; false for a zombie and for another process with its id."""
        _await_exec(self.pid)
        return _identity(self.pid) == (str(self.directory), self.name)

    @property
    def memory(self) -> int:
        """The resident memory of the process and its children, in bytes."""
        return sum(_resident(pid) for pid in _pids_of(self.directory, {self.name}))

    def tail(self) -> str:
        """Return the last lines of its output and the path of the log, as part of a message."""
        if not self.log.is_file():
            return ""
        with self.log.open(errors="replace") as log:
            last = "".join(deque(log, _TAIL)).rstrip()
        return f" Last lines of {self.log}:\n{last}"

    def stop(self, timeout: float = 10) -> None:
        """Stop the process and its children; kill them after `timeout` seconds."""
        stop(self.directory, {self.name}, timeout=timeout)


def start(
    name: str, argv: list[str], *, directory: Path, env: Mapping[str, str] | None = None
) -> Process:
    """Start a process in its own session, out of reach of terminal signals.

    Its output is in `logs/<name>.log`. It inherits the environment and `env`, without variables of
    another cloud or cluster.
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


def child_environment() -> dict[str, str]:
    """Return the variables for children of this process with sessions of their own.

    `stop` stops such a child together with this process, and `find` does not mistake it for this
    process. Empty outside of a sandbox.
    """
    name = os.environ.get(PROCESS)
    return {PROCESS: name.removesuffix(_CHILD) + _CHILD} if name else {}


def find(directory: Path) -> dict[str, Process]:
    """Return the sandbox's running processes by name."""
    directory = directory.resolve()
    leaders = [pid for pid in _pids_of(directory) if _leads(pid)]
    named = {pid: _identity(pid)[1] for pid in leaders}
    return {
        name: Process(name, pid, directory)
        for pid, name in named.items()
        if name and not name.endswith(_CHILD)
    }


def stop(directory: Path, names: Collection[str] | None = None, *, timeout: float = 10) -> None:
    """Stop a sandbox's processes with these names, or all of them, and their children.

    Each process gets SIGTERM. After `timeout` seconds, or when the processes have ended, the
    remaining processes get SIGKILL.
    """
    directory = directory.resolve()
    leaders = [pid for pid in _pids_of(directory, names) if _leads(pid)]
    _end(leaders, signal.SIGTERM, directory, timeout)
    deadline = time.monotonic() + _KILL_SECONDS
    while remaining := _remaining(directory, names):
        if time.monotonic() > deadline:
            pids = ", ".join(map(str, remaining))
            raise SandboxError(f"Cannot kill the processes {pids} of the sandbox in {directory}.")
        _end(remaining, signal.SIGKILL, directory, 1)


def wait_until(
    condition: Callable[[], bool], timeout: float, what: str, *, process: Process | None = None
) -> None:
    """Poll until the condition is true.

    Raises SandboxError, with the last lines of the process' log, after `timeout` seconds or if the
    process ends first.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if process and not process.alive:
            raise SandboxError(
                f"{process.name} ended while the sandbox waited for {what}.{process.tail()}"
            )
        if time.monotonic() > deadline:
            tail = process.tail() if process else ""
            raise SandboxError(f"Timed out after {timeout:g} seconds waiting for {what}.{tail}")
        time.sleep(0.03)


def _remaining(directory: Path, names: Collection[str] | None) -> list[int]:
    # A process has no environment for an instant during exec, so an empty result is checked twice.
    return list(_pids_of(directory, names)) or list(_pids_of(directory, names))


def _pids_of(directory: Path, names: Collection[str] | None = None) -> Iterator[int]:
    for pid in psutil.pids():
        sandbox, name = _identity(pid)
        part = (name or "").removesuffix(_CHILD)
        if sandbox == str(directory) and (names is None or part in names):
            yield pid


def _identity(pid: int) -> tuple[str | None, str | None]:
    try:
        environment = psutil.Process(pid).environ()
    except psutil.Error:  # the process has ended, or belongs to another user
        return None, None
    return environment.get(SANDBOX), environment.get(PROCESS)


def _await_exec(pid: int) -> None:
    """Wait until a process has an environment, which it lacks for an instant during exec.

    The wait is bounded, because a kernel thread with the same id never has an environment.
    """
    deadline = time.monotonic() + _EXEC_SECONDS
    while _has_no_environment(pid) and time.monotonic() < deadline:
        time.sleep(0.001)


def _has_no_environment(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and not process.environ()
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # not readable during exec
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
    while any(_identity(pid)[0] == str(directory) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in pids:
        with contextlib.suppress(ChildProcessError):  # not a child of this process
            os.waitpid(pid, os.WNOHANG)


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
