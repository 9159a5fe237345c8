"""Fixtures of a real node with the operator's image, and an AWS that its pods can reach."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.cluster.frozen import Proxy
from tests.e2e.conftest import User

ROOT = Path(__file__).parents[2]
NODE = os.environ.get("DATAFLOWXPRESS_NODE", "")
BRIDGE = "10.88.0.1"  # as which the pods reach this machine
BASE = "localhost/python:3.11-slim"
IMAGE = "localhost/dataflowxpress"


@dataclass
class Node:
    """The command that runs a node, and the kubeconfig of its administrator."""

    command: Path
    kubeconfig: Path

    def __call__(self, *words: object) -> str:
        done = subprocess.run(
            [self.command, *map(str, words)], capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, f"{words}: {done.stderr[-3000:]}"
        return done.stdout

    def image(self, tag: str, tmp_path: Path) -> None:
        """Build a version of the image: the first from the Dockerfile, others from the first."""
        if tag == "first":
            self("base", BASE)
            self("build", f"{IMAGE}:{tag}", ROOT)
        else:
            (tmp_path / "Dockerfile").write_text(f'FROM {IMAGE}:first\nLABEL version="{tag}"\n')
            self("build", f"{IMAGE}:{tag}", tmp_path)


@pytest.fixture(scope="session")
def node() -> Node:
    """Start the node if necessary; it keeps running after the tests."""
    if not NODE:
        pytest.skip("needs a real node: run `make e2e-node`")
    command = Path(NODE).resolve()
    if not command.exists():
        pytest.skip(
            f"{command} does not exist: set DATAFLOWXPRESS_NODE to a command that runs a node"
        )
    up = subprocess.run([command, "up"], capture_output=True, check=False, text=True)
    assert up.returncode == 0, up.stderr[-3000:]
    [kubeconfig] = re.findall(r"KUBECONFIG=(\S+)", up.stdout)
    return Node(command, Path(kubeconfig))


@pytest.fixture(scope="session")
def user(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Return the node's administrator."""
    with config.new_client_from_config(str(node.kubeconfig)) as client:
        yield User(Sandbox(tmp_path_factory.mktemp("unused")), DynamicClient(client))


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    sandbox_aws.prepare()
    with serving(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="session")
def endpoint(node: Node, aws: RunningAws) -> Iterator[str]:  # noqa: ARG001 - creates the bridge
    """Return the URL of AWS for pods."""
    with Proxy(HOST, aws.port).serving(BRIDGE) as port:
        yield f"http://{BRIDGE}:{port}"


def until(what: Any, words: str, seconds: float = 180) -> float:
    """Wait until *what* is true, and return the seconds."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            pytest.fail(f"not {words} within {seconds:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - began


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found
