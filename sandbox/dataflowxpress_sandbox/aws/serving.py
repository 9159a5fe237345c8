"""Serving: an emulated AWS for the duration of a block, for tests and preparations."""

from __future__ import annotations

import contextlib
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.ports import free_port

from . import Aws

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READY = 60  # seconds; it normally takes 1
_ENDED = 20  # seconds


@dataclass(frozen=True)
class RunningAws(Aws):
    """An emulated AWS with its directory (server.log, logs/, mail/) and its process id."""

    directory: Path
    pid: int


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[RunningAws]:
    """Serve AWS on a free port until the end of the block or of this process."""
    port = free_port()
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*sandbox_aws.command(port, directory), "--tied"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        _await(process, port, log)
        yield RunningAws(port, directory, process.pid)
    finally:
        process.communicate(timeout=_ENDED)  # closes its standard input, which stops it


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY
    while not sandbox_aws.ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the emulated AWS does not respond:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
