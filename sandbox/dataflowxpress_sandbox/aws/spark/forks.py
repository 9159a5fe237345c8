"""Forks: the Python processes of runs, forked from one that has imported PySpark.

To import it is most of the processor time that the Python of a small job needs.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from multiprocessing import connection
from typing import TYPE_CHECKING

from . import fork_server
from .fork_server import NUMBER
from .settings import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import IO

    from .fork_server import Launch

_STOPS = 30.0  # seconds in which a process ends whose server was killed


class Forks:
    """The forks of one AWS server. Their own server starts when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "fork-server.log"
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def prepare(self) -> None:
        """Start the server if it does not run, without waiting until it has imported all."""
        with self._lock:
            self._running()

    def start(self, launch: Launch, output: IO[bytes], error: IO[bytes]) -> Fork:
        """Return a new process, which is the leader of a group and ends with this process.

        Raises RuntimeError with the log of the server if that has ended.
        """
        with self._lock:
            return Fork(self._running(), launch, output, error)

    def end(self) -> None:
        """End the server, unless one of its processes was not killed."""
        with self._lock:
            if self._server and not self._server.living:
                self._server.end()
                self._server = None

    def _running(self) -> _Server:
        if self._server and not self._server.alive:
            self._server.end()
            self._server = None
        self._server = self._server or _Server(self._log)
        return self._server


class _Server:
    """A running fork server."""

    def __init__(self, log: Path) -> None:
        self.living = 0
        self._log = log
        self._lock = threading.Lock()
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = inherited_environment()
        environment.pop("PYTHONPATH", None)  # runs have their own
        with other, log.open("wb") as written:
            self._process = subprocess.Popen(
                [sys.executable, "-m", fork_server.__name__],
                env=environment,
                stdin=other.fileno(),
                stdout=written,
                stderr=written,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fork(self, files: Sequence[int]) -> int:
        """Return the number of a new process; raises RuntimeError if the server has ended."""
        with self._lock:
            pid = self._ask(fork_server.FORK, files)
            self.living += 1
        return pid

    def kill(self, pid: int) -> int:
        """Kill a process; return how it ended. Raises RuntimeError if the server has ended."""
        with self._lock:
            self.living -= 1
            return self._ask(NUMBER.pack(pid))

    def _ask(self, request: bytes, files: Sequence[int] = ()) -> int:
        try:
            socket.send_fds(self._socket, [request], files)
            answer = self._socket.recv(NUMBER.size)
        except OSError:
            answer = b""
        if not answer:
            raise RuntimeError(f"The fork server has ended:\n{self._log.read_text()[-2000:]}")
        [number] = NUMBER.unpack(answer)
        return int(number)

    def end(self) -> None:
        self._socket.close()
        self._process.wait()


class Fork:
    """A process and its group. Until `kill` its number is its own, even when it has ended."""

    def __init__(
        self, server: _Server, launch: Launch, output: IO[bytes], error: IO[bytes]
    ) -> None:
        self._server = server
        stdin, self._held = connection.Pipe(duplex=False)
        self._ended, till_it_ends = connection.Pipe(duplex=False)
        with tempfile.TemporaryFile() as written, stdin, till_it_ends:
            written.write(json.dumps(asdict(launch)).encode())
            written.seek(0)
            files = [written.fileno(), stdin.fileno(), output.fileno(), error.fileno()]
            try:
                self.pid = server.fork([*files, till_it_ends.fileno()])
            except BaseException:
                self._held.close()
                self._ended.close()
                raise

    def ends(self, seconds: float) -> bool:
        """Wait for its end, for some seconds at most; say whether it came."""
        return bool(connection.wait([self._ended], seconds))

    def kill(self) -> int:
        """Kill it and all of its group, which may outlive it; return how it ended. Call it once."""
        with self._ended, self._held:
            try:
                return self._server.kill(self.pid)
            except RuntimeError:  # the number is no longer its own; it ends as its input does
                self._held.close()
                self.ends(_STOPS)
                return -signal.SIGKILL
