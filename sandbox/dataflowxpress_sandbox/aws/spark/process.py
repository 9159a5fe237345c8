"""Spark process: Python that uses Spark with a role's permissions on S3, and ends with this one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING

from . import settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dataflowxpress_sandbox.aws.credentials import Credentials

    from .jars import Artifact
    from .jvm import Jvm
    from .jvms import Jvms


_PARTNERS: dict[int, int] = {}  # the process groups of scripts and of their JVMs, both ways


def kill_group(group: int) -> None:
    """Kill a process group; if it is a script's or its JVM's, kill both."""
    for each in {_PARTNERS.get(group, group): None, group: None}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(each, signal.SIGKILL)


class Running:
    """Such a process and its group. Until `kill` its number is its own, even when it has ended."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        ended: connection.Connection,
        jvm: Jvm,
        jvms: Jvms,
    ) -> None:
        self._process, self._ended = process, ended
        self._jvm, self._jvms = jvm, jvms
        self._lock = threading.Lock()
        _PARTNERS.update({process.pid: jvm.pid, jvm.pid: process.pid})

    def ends(self, seconds: float) -> bool:
        """Wait for its end, for some seconds at most; say whether it came."""
        # `Popen.wait` would give its number back, and whoever had it next would be killed.
        return bool(connection.wait([self._ended], seconds))

    def kill(self) -> int:
        """Kill it and all of its group, which may outlive it; return how it ended."""
        with self._lock:
            if self._process.returncode is None:
                ended = self.ends(0)
                nothing_left = contextlib.suppress(ProcessLookupError, PermissionError)
                with self._ended, self._process, nothing_left:
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._release(clean=ended and (self._process.returncode or 0) >= 0)
            return int(self._process.returncode)

    def _release(self, *, clean: bool) -> None:
        del _PARTNERS[self._process.pid], _PARTNERS[self._jvm.pid]
        if clean:
            self._jvms.give_back(self._jvm)
        else:
            self._jvm.kill()


@dataclass(frozen=True)
class Workspace:
    """Where such a process runs: its tmp/ must exist, its output.log and error.log are made."""

    credentials: Credentials
    folder: Path

    def start(
        self,
        jvms: Jvms,
        arguments: list[str],
        conf: Mapping[str, str],
        environment: Mapping[str, str],
        extras: Sequence[Artifact] = (),
    ) -> Running:
        """Start Python with these arguments as the leader of a process group, beside a JVM.

        *extras* are on the class path of the JVM. The process must call `children.tie_to_parent`:
        its standard input ends when this process ends.
        """
        jvm = jvms.take(extras)
        try:
            started = self._start(jvm, arguments, conf, environment)
        except BaseException:
            jvm.kill()
            raise
        return Running(*started, jvm, jvms)

    def _start(
        self,
        jvm: Jvm,
        arguments: list[str],
        conf: Mapping[str, str],
        environment: Mapping[str, str],
    ) -> tuple[subprocess.Popen[bytes], connection.Connection]:
        scratch = self.folder / "tmp"
        own = {
            **self.credentials.environment(),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(scratch),
            **environment,
        }
        output, error = self.folder / "output.log", self.folder / "error.log"
        ended, open_till_then = connection.Pipe(duplex=False)
        with output.open("ab") as stdout, error.open("ab") as stderr, open_till_then:
            jvm.begin({**settings.of_run(self.credentials, scratch, own), **conf}, output, error)
            inherited = {
                k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SPARK_"))
            }
            started = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=scratch,
                env={**inherited, **own, **jvm.environment, "PYSPARK_PYTHON": sys.executable},
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=[open_till_then.fileno()],
            )
        return started, ended
