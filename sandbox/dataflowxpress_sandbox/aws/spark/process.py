"""Spark process: Python that uses Spark with a role's permissions on S3, and ends with this one."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import settings
from .fork_server import Launch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dataflowxpress_sandbox.aws.credentials import Credentials

    from .forks import Fork
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
    """Such a process and its group, and its JVM."""

    def __init__(self, fork: Fork, jvm: Jvm, jvms: Jvms) -> None:
        self._fork, self._jvm, self._jvms = fork, jvm, jvms
        self._code: int | None = None
        self._lock = threading.Lock()
        _PARTNERS.update({fork.pid: jvm.pid, jvm.pid: fork.pid})

    def ends(self, seconds: float) -> bool:
        """Wait for its end, for some seconds at most; say whether it came."""
        return self._fork.ends(seconds)

    def kill(self) -> int:
        """Kill it and all of its group, which may outlive it; return how it ended."""
        with self._lock:
            if self._code is None:
                ended = self.ends(0)
                del _PARTNERS[self._fork.pid], _PARTNERS[self._jvm.pid]
                self._code = self._fork.kill()
                if ended and self._code >= 0:
                    self._jvms.give_back(self._jvm)
                else:
                    self._jvm.kill()
            return self._code


@dataclass(frozen=True)
class Workspace:
    """Where such a process runs: its tmp/ must exist, its output.log and error.log are made."""

    credentials: Credentials
    folder: Path

    def start(
        self,
        jvms: Jvms,
        command: tuple[str, Sequence[str]],
        conf: Mapping[str, str],
        environment: Mapping[str, str],
        extras: Sequence[Artifact] = (),
    ) -> Running:
        """Start a module with its arguments as the leader of a process group, beside a JVM.

        *extras* are on the class path of the JVM.
        """
        jvms.forks.prepare()  # which imports while the JVM starts
        jvm = jvms.take(extras)
        try:
            fork = self._fork(jvms, jvm, command, conf, environment)
        except BaseException:
            jvm.kill()
            raise
        return Running(fork, jvm, jvms)

    def _fork(
        self,
        jvms: Jvms,
        jvm: Jvm,
        command: tuple[str, Sequence[str]],
        conf: Mapping[str, str],
        environment: Mapping[str, str],
    ) -> Fork:
        scratch = self.folder / "tmp"
        own = {**self.credentials.environment(), "TMPDIR": str(scratch), **environment}
        output, error = self.folder / "output.log", self.folder / "error.log"
        with output.open("ab") as stdout, error.open("ab") as stderr:
            jvm.begin({**settings.of_run(self.credentials, scratch, own), **conf}, output, error)
            module, arguments = command
            launch = Launch(
                module,
                list(arguments),
                str(scratch),
                {
                    **settings.inherited_environment(),
                    **own,
                    **jvm.environment,
                    "PYSPARK_PYTHON": sys.executable,
                },
            )
            return jvms.forks.start(launch, stdout, stderr)
