"""Who may read metrics, by the authentication and authorization of a real API server."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config

from dataflowxpress.kube.core import CoreApi
from dataflowxpress.kube.reviews import Reviews
from dataflowxpress.manager import metrics_server
from dataflowxpress.manager.metrics_server import ClusterReaders
from dataflowxpress.manager.probes import Address
from tests.chart.rendering import NAME, rendered
from tests.cluster import access
from tests.cluster.test_permissions import install
from tests.e2e.conftest import NAMESPACE, User
from tests.ui.test_service import certificate

Ask = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def operator(user: User, tmp_path_factory: pytest.TempPathFactory) -> access.Account:
    """The operator's service account, with the chart's permissions to review readers."""
    values: Any = {"metrics": {"authentication": True}, "rbac": {"aggregateClusterRoles": False}}
    install(user, rendered(**values))
    return access.account(user, NAME, tmp_path_factory.mktemp("operator"))


@pytest.fixture
def ask(operator: access.Account, tmp_path: Path) -> Iterator[Ask]:
    """Ask for the metrics over HTTPS, with a token."""
    files = certificate(tmp_path, "metrics")
    with config.new_client_from_config(str(operator.kubeconfig)) as client:
        readers = ClusterReaders(Reviews(CoreApi(client)))
        server = metrics_server.serve(Address("127.0.0.1", 0), readers.check, files)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        def get(token: str = "", path: str = "/metrics") -> tuple[int, str]:
            connection = HTTPSConnection("127.0.0.1", server.server_port, context=context)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request("GET", path, headers=headers)
            answered = connection.getresponse()
            text = answered.read().decode()
            connection.close()
            return answered.status, text

        yield get
        server.shutdown()
        server.server_close()


def token_of(account: access.Account) -> str:
    return str(yaml.safe_load(account.kubeconfig.read_text())["users"][0]["user"]["token"])


@pytest.mark.parametrize("token", ["", "invented", "eyJhbGciOiJub25lIn0.e30."])
def test_metrics_need_a_valid_token(ask: Ask, token: str) -> None:
    status, text = ask(token)
    assert status == 401
    assert "dataflowxpress" not in text


def test_metrics_need_the_permission_that_the_chart_s_role_grants(
    ask: Ask, user: User, tmp_path: Path
) -> None:
    stranger = access.account(user, "stranger", tmp_path)
    status, text = ask(token_of(stranger))
    assert status == 403
    assert "dataflowxpress" not in text
    reader = access.account(user, "prometheus", tmp_path)
    role = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": f"{NAME}-metrics-reader",
    }
    subject = {"kind": "ServiceAccount", "name": "prometheus", "namespace": NAMESPACE}
    user.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "prometheus-reads"},
            "roleRef": role,
            "subjects": [subject],
        }
    )
    status, text = ask(token_of(reader))
    assert status == 200
    assert "dataflowxpress_build_info" in text
    assert ask(token_of(reader), "/")[0] == 404


def test_without_an_answer_of_the_api_server_nothing_is_served() -> None:
    with config.new_client_from_config_dict(unreachable()) as client:
        readers = ClusterReaders(Reviews(CoreApi(client)))
        server = metrics_server.serve(Address("127.0.0.1", 0), readers.check)
        connection = HTTPConnection("127.0.0.1", server.server_port)
        connection.request("GET", "/metrics", headers={"Authorization": "Bearer any"})
        assert connection.getresponse().status == 503
        connection.close()
        server.shutdown()
        server.server_close()


def unreachable() -> dict[str, Any]:
    """Return a kubeconfig of an API server that is not there."""
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    cluster = {"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [context],
        "clusters": [cluster],
        "users": [{"name": "u", "user": {}}],
    }
