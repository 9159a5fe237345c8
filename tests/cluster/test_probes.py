"""Probes tell the truth: each thing that they ask for is broken here, and they say so."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

import pytest

from dataflowxpress.blueprint.artifacts import path
from dataflowxpress_sandbox.kube import crd
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.cluster import access
from tests.cluster.conftest import Lease, Operators
from tests.cluster.frozen import before_the_api_server, server
from tests.e2e.conftest import NAMESPACE, User

NOTHING = "default/nobody-has-made-it"


pytestmark = pytest.mark.long


def test_all_is_well_where_nothing_is_broken(start: Operators, lease: Lease) -> None:
    operator = start("--lease", f"{NAMESPACE}/{lease.name}")
    assert operator.wait("/readyz", 200) == "[+]lease\n[+]kind\n[+]credentials\n"
    assert operator.wait("/healthz", 200) == "[+]main\n[+]loop\n[+]work\n[+]watch\n"
    assert operator.says("/elsewhere")[0] == 404


@pytest.mark.extended
def test_a_watch_that_has_gone_deaf_is_no_life(
    user: User, start: Operators, tmp_path: Path
) -> None:
    user.pipeline("unheard", bucket={"name": "unheard"})
    with before_the_api_server(user, tmp_path) as (proxy, through):
        operator = start("--watch-stale-after", "5", KUBECONFIG=str(through))
        user.ready("unheard", seconds=60)
        operator.wait("/healthz", 200)
        proxy.freeze()
        user.patch("unheard", {"metadata": {"labels": {"heard": "no"}}})
        operator.wait("/healthz", 503, "[-]watch: the watch missed changes of 1 pipelines")
    user.patch("unheard", {"metadata": {"finalizers": []}})
    user.gone("unheard")


def test_work_that_does_not_end_is_no_life(user: User, start: Operators) -> None:
    with server(HOST, drip) as port:
        operator = start("--progress-deadline", "4", AWS_ENDPOINT_URL=f"http://{HOST}:{port}")
        operator.wait("/healthz", 200)
        user.pipeline("stuck", bucket={"name": "stuck"})
        message = operator.wait("/healthz", 503, "[-]work: ")
    assert "work on default/stuck has not progressed" in message
    user.patch("stuck", {"metadata": {"finalizers": []}})
    user.gone("stuck")


def drip(connection: socket.socket) -> None:
    """Answer without an end: each byte comes before any timeout."""
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.5)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "InvalidClientTokenId"),
        ({"AWS_ENDPOINT_URL": f"http://{HOST}:9"}, "Could not connect"),
    ],
    ids=["an unknown key", "an AWS that is not there"],
)
def test_an_operator_that_aws_does_not_let_in_is_not_ready(
    start: Operators, environment: dict[str, str], words: str
) -> None:
    operator = start(**environment)
    message = operator.wait("/readyz", 503, "[-]credentials")
    assert words in message
    assert operator.says("/healthz")[0] == 200  # to start anew would not help


@pytest.mark.extended
def test_an_operator_waits_for_the_kind_and_then_works(start: Operators, tmp_path: Path) -> None:
    with Sandbox(tmp_path / "bare", aws=False).running() as bare:
        access.forget_kind(bare.kubeconfig)
        operator = start(KUBECONFIG=str(bare.kubeconfig))
        message = operator.wait("/readyz", 503, "[-]kind")
        assert "install the CustomResourceDefinition" in message
        assert operator.says("/healthz")[0] == 200
        crd.install(path("crds/datapipelines.yaml"), bare.kubeconfig)
        operator.wait("/readyz", 200)


def test_an_operator_that_may_not_have_its_lease_is_not_ready(
    user: User, start: Operators, tmp_path: Path
) -> None:
    account = access.account(user, "leaseless", tmp_path)
    account.allow([{"apiGroups": ["dataflowxpress.io"], "resources": ["*"], "verbs": ["*"]}])
    operator = start("--lease", NOTHING, KUBECONFIG=str(account.kubeconfig))
    operator.wait(
        "/readyz", 503, "[-]lease: the Lease cannot be acquired or renewed: 403 Forbidden"
    )
    assert operator.says("/healthz")[0] == 200


def test_an_operator_that_may_not_list_pipelines_is_not_ready(
    user: User, start: Operators, tmp_path: Path
) -> None:
    account = access.account(user, "blind", tmp_path)
    operator = start(KUBECONFIG=str(account.kubeconfig))
    message = operator.wait("/readyz", 503, "[-]kind")
    assert "403 Forbidden" in message
