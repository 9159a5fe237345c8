"""Fixtures of every suite: a Kubernetes API server and an emulated AWS for the whole session."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dataflowxpress.sandbox import aws as sandbox_aws
from dataflowxpress.sandbox.aws import Aws
from dataflowxpress.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class RunningAws(Aws):
    """An AWS that runs for the tests: `client(service, environment)`, root's by default."""

    directory: Path  # its logs/ and mail/
    pid: int


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of an API server that knows the DataPipeline kind: use your own namespace."""
    sandbox = Sandbox(tmp_path_factory.mktemp("cluster") / "sandbox", aws=False)
    with sandbox.running():
        yield sandbox.kubeconfig


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """One AWS for the session: keep to names of your own, and expect those of others."""
    directory = tmp_path_factory.mktemp("aws")
    with serving_aws(directory) as running:
        yield running


@pytest.fixture
def own_aws(tmp_path: Path) -> Iterator[RunningAws]:
    """An AWS for this test alone, which may be killed or filled at will."""
    with serving_aws(tmp_path) as running:
        yield running


@contextmanager
def serving_aws(directory: Path) -> Iterator[RunningAws]:
    port = free_port()
    log = directory / "server.log"
    with log.open("wb") as output:
        command = sandbox_aws.command(port, directory)
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while not sandbox_aws.ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"AWS did not start:\n{log.read_text()[-4000:]}")
            time.sleep(0.05)
        yield RunningAws(port, directory, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
