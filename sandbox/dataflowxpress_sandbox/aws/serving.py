"""Serving: an AWS for as long as a block of code runs, for tests and one-time preparations."""

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

_READY = 60  # seconds it may take to answer; it takes one
_ENDED = 20  # seconds it may take to end


@dataclass(frozen=True)
class RunningAws(Aws):
    """An AWS of ours, with its folder (server.log, logs/, mail/) and its process' id."""

    directory: Path
    pid: int


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[RunningAws]:
    """Serve AWS on a free port, its files in a folder; it ends with the block or this process."""
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
        process.communicate(timeout=_ENDED)  # closes its input, which ends it


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY
    while not sandbox_aws.ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"AWS does not answer:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
