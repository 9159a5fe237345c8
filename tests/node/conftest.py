"""Fixtures of a real node with the operator's image, and an AWS that its pods can reach."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.cluster.frozen import Proxy
from tests.e2e.conftest import User
from tests.node.machine import BRIDGE, Node
from tests.node.release import Release

NODE = os.environ.get("DATAFLOWXPRESS_NODE", "")
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with two images; it is down after the tests, even if it was up before."""
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
    node = Node(command, Path(kubeconfig))
    try:
        node.images(tmp_path_factory.mktemp("image"))
        yield node
    finally:
        subprocess.run([command, "down"], check=True)


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


@pytest.fixture
def release(node: Node, user: User, aws: RunningAws, endpoint: str) -> Iterator[Release]:
    """A namespace with the restricted level, and the operator's AWS keys in a Secret."""
    name = f"dataflowxpress-{int(time.time())}"
    labels = {"name": name, "labels": RESTRICTED}
    keys = sandbox_aws.operator_environment(aws.port)
    secret = {name: keys[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    spaces, secrets = user.kind("Namespace", "v1"), user.kind("Secret", "v1")
    spaces.create({"apiVersion": "v1", "kind": "Namespace", "metadata": labels})
    secrets.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "aws", "namespace": name},
            "stringData": secret,
        }
    )
    values = {
        "replicaCount": 2,
        "podDisruptionBudget": {"enabled": True},
        "networkPolicy": {"extraEgress": [{"to": [{"ipBlock": {"cidr": f"{BRIDGE}/32"}}]}]},
        "aws": {"region": sandbox_aws.REGION, "endpointUrl": endpoint, "existingSecret": "aws"},
        "watch": {"pollIntervalSeconds": 2},
        "tenantPolicy": {"namespaces": [{"match": ["*"], "names": ["*"]}]},
    }
    release = Release(node, user, name, values)
    yield release
    release.clear()
    spaces.delete(name=name)
