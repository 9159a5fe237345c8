"""Fork server: the program whose forks are the Python of runs, with PySpark imported already.

`forks.Forks` starts it with a socket as standard input. It reaps a fork only when asked to,
so that no other process gets the number of one that has ended.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import struct
import sys
import tempfile
import time
from dataclasses import dataclass

from dataflowxpress_sandbox.aws.children import tie_to_parent

# What jobs import that takes long. What reads the environment does so later.
_IMPORTED = (
    *("boto3", "s3transfer.manager", "pyspark.sql.functions", "pyspark.sql.types"),
    *("pyarrow.dataset", "pyarrow.parquet"),  # with numpy and pandas
)
_LONGEST = 16  # bytes of a request; all else is in files
_FILES = 5  # of a fork: its launch, its standard input, output and error, and a pipe's end
NUMBER = struct.Struct("i")  # the request to kill a fork, and each answer
FORK = b"fork"  # the request of a fork, with its files


@dataclass(frozen=True)
class Launch:
    """What a fork runs: a module as `__main__`, as `python -m` does."""

    module: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]

    def run(self) -> None:
        """Run the module in this process, which ends when the holder of standard input does."""
        tie_to_parent()
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        tempfile.tempdir = None
        sys.path[0:1] = [self.folder, *self.environment.get("PYTHONPATH", "").split(os.pathsep)]
        importlib.invalidate_caches()
        sys.argv[1:] = self.arguments
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Serve forks; in each of them, run what it was launched for."""
    for module in _IMPORTED:
        importlib.import_module(module)
    gc.freeze()  # so that forks share the pages of what is imported
    with socket.socket(fileno=os.dup(0)) as client:
        launch = _serve(client)
    if launch:
        launch.run()


def _serve(client: socket.socket) -> Launch | None:
    """Answer requests until the client ends; return in each fork, too, with its launch."""
    while True:
        request, files, _, _ = socket.recv_fds(client, _LONGEST, _FILES)
        if not request:
            return None
        if not files:
            client.send(NUMBER.pack(_kill(*NUMBER.unpack(request))))
        elif pid := os.fork():
            os.setpgid(pid, pid)  # as the fork does: whichever is first
            for file in files:
                os.close(file)
            client.send(NUMBER.pack(pid))
        else:
            os.setpgid(0, 0)
            return _launched(*files)


def _launched(launch: int, *files: int) -> Launch:
    """Make the files of a fork its own; its end of the pipe closes when it ends."""
    *standard, till_it_ends = files
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    os.set_inheritable(till_it_ends, False)  # noqa: FBT003 - it takes no name
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=True)  # type: ignore[union-attr]
    with open(launch, "rb") as written:
        return Launch(**json.load(written))


def _kill(pid: int) -> int:
    """Kill the group of a fork, and reap the fork; return how it ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
