"""Operators as processes of their own, on a sandbox that has none."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib import error, request

import pytest
from kubernetes import config
from kubernetes.client import ApiException
from kubernetes.dynamic import DynamicClient

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.processes import Process
from dataflowxpress_sandbox.sandbox import TENANT_POLICY, Sandbox
from dataflowxpress_sandbox.state import SandboxState
from tests.e2e.conftest import NAMESPACE, User
from tests.rates import OPTIONS

SECONDS = 90.0


def wait_for(what: Callable[[], object], words: str, *about: Process) -> None:
    """Wait until *what* is true; fail with the ends of the logs that it is about."""
    deadline = time.monotonic() + SECONDS
    while not what():
        if time.monotonic() > deadline:
            pytest.fail(f"not {words}{''.join(process.tail() for process in about)}")
        time.sleep(0.05)


@dataclass
class Operator:
    """One operator; *port* is where it answers probes."""

    process: Process
    port: int

    def says(self, path: str) -> tuple[int, str]:
        """Return the code and text of a probe's answer; nothing where nobody answers."""
        try:
            with request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""

    def wait(self, path: str, code: int, words: str = "") -> str:
        """Wait until a probe answers like this, and return its text."""
        message = ""

        def answered() -> bool:
            nonlocal message
            status, message = self.says(path)
            return status == code and words in message

        wait_for(answered, f"{path}: {code} {words!r}", self.process)
        return message

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def ended(self) -> bool:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process.pid, os.WNOHANG)
        return not self.process.alive

    def leads(self) -> bool:
        return "leading as" in self.process.log.read_text()


class Start(Protocol):
    """Starts an operator with these options and this environment besides the usual one."""

    def __call__(self, *options: str, **environment: str) -> Operator: ...


@dataclass(frozen=True)
class Lease:
    """A Lease as an administrator sees it."""

    user: User
    name: str

    @property
    def spec(self) -> dict[str, Any]:
        kind = self.user.kind("Lease", "coordination.k8s.io/v1")
        try:
            return dict(kind.get(name=self.name, namespace=NAMESPACE).to_dict()["spec"])
        except ApiException:
            return {}

    def held_by(self, operator: Operator) -> bool:
        return f"_{operator.process.pid}_" in self.spec.get("holderIdentity", "")

    def since(self, moment: str) -> timedelta:
        """Return how long after *moment* its holder took it."""
        took = datetime.fromisoformat(self.spec["acquireTime"])
        return took - datetime.fromisoformat(moment)


@pytest.fixture(scope="package")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody with a Kubernetes and an AWS, but no operator."""
    sandbox = Sandbox(tmp_path_factory.mktemp("operators") / "sandbox", operator=False)
    with sandbox.running():
        client = config.new_client_from_config(str(sandbox.kubeconfig))
        yield User(sandbox, DynamicClient(client))


@dataclass
class Operators:
    """The operators of one test."""

    user: User
    folder: Path
    running: list[Operator] = field(default_factory=list)

    def __call__(self, *options: str, **environment: str) -> Operator:
        state = SandboxState()
        state.choose_port("probes")
        port = state.ports["probes"]
        aws = self.user.cloud.port
        argv = [sys.executable, "-m", "dataflowxpress", "operator", "--probes", f"{HOST}:{port}"]
        argv += ["--tenant-policy", str(TENANT_POLICY), *OPTIONS]
        usual = {**sandbox_aws.operator_environment(aws)}
        usual["KUBECONFIG"] = str(self.user.sandbox.kubeconfig)
        process = processes.start(
            f"operator-{len(self.running)}",
            [*argv, "--log-format", "full", *options],
            directory=self.folder,
            env={**usual, **environment},
        )
        self.running.append(Operator(process, port))
        return self.running[-1]


@pytest.fixture
def start(user: User, tmp_path: Path) -> Iterator[Operators]:
    """Start operators; they end with the test."""
    yield Operators(user, tmp_path)
    processes.stop(tmp_path, timeout=20)


@pytest.fixture
def lease_name(request: pytest.FixtureRequest) -> str:
    """The name of a Lease of the test's own."""
    return str(request.node.name).replace("_", "-")[:60].strip("-")


@pytest.fixture
def lease(user: User, lease_name: str) -> Lease:
    """That Lease; its option: `--lease NAMESPACE/NAME`."""
    return Lease(user, lease_name)
