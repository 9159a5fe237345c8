"""Sessions of `spec.roleArn`: what AWS learns about the pipeline that uses the role."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.aws import clients as aws_clients
from dataflowxpress.aws.clients import Identity
from dataflowxpress.aws.sessions import RoleSession
from dataflowxpress.controller import connector
from dataflowxpress.controller.tenancy import TenantPolicy

ROLE = "arn:aws:iam::111122223333:role/dataflowxpress-shop"
POLICY = {
    "namespaces": [
        {"match": ["shop"], "roles": [ROLE], "externalId": "id-1", "emails": []},
        {"match": ["*"], "roles": [ROLE]},
    ]
}


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[RoleSession]:
    """The sessions that the connector asks for."""
    asked: list[RoleSession] = []

    def clients(_region: str | None, _role: str | None, session: RoleSession) -> Any:
        asked.append(session)
        return SimpleNamespace(snapshot=None, identity=Identity("111122223333", "aws", "eu-west-1"))

    monkeypatch.setattr(connector, "clients", clients)
    return asked


def connect(namespace: str, name: str, spec: dict[str, Any]) -> None:
    store: Any = SimpleNamespace(uid="cluster-1")
    body = {"metadata": {"namespace": namespace, "name": name}, "spec": spec}
    connector.Connector(store, TenantPolicy.model_validate(POLICY)).of(Pipeline(body))


def test_a_session_names_namespace_pipeline_and_cluster(sessions: list[RoleSession]) -> None:
    connect("shop", "orders.v2", {"roleArn": ROLE})
    assert sessions[0].parameters == {
        "RoleSessionName": "shop.orders.v2",
        "Tags": [
            {"Key": "dataflowxpress.io/namespace", "Value": "shop"},
            {"Key": "dataflowxpress.io/pipeline", "Value": "shop/orders.v2"},
            {"Key": "dataflowxpress.io/cluster", "Value": "cluster-1"},
        ],
        "ExternalId": "id-1",
    }


def test_only_the_namespaces_of_an_entry_send_its_external_id(sessions: list[RoleSession]) -> None:
    connect("other", "orders", {"roleArn": ROLE})
    assert "ExternalId" not in sessions[0].parameters


def test_the_longest_names_fit_the_limits_of_sts(sessions: list[RoleSession]) -> None:
    for end in "ab":
        connect("n" * 63, "p" * 252 + end, {"roleArn": ROLE})
    one, other = (session.parameters for session in sessions)
    assert one["RoleSessionName"] != other["RoleSessionName"]
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", one["RoleSessionName"])
    assert all(len(tag["Value"]) <= 256 for tag in one["Tags"])


def test_pipelines_without_a_role_share_the_clients_that_the_operator_warms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []

    class Counted(aws_clients.Clients):
        identity = Identity("111122223333", "aws", "eu-west-1")

        def __init__(self, *args: Any, **more: Any) -> None:
            made.append(self)
            super().__init__(*args, **more)

    monkeypatch.setattr(aws_clients, "Clients", Counted)
    aws_clients.clients.cache_clear()
    aws_clients.clients(None, None)
    connect("shop", "orders", {})
    connect("other", "orders", {})
    aws_clients.clients.cache_clear()
    assert len(made) == 1


def test_a_forbidden_address_is_refused_before_any_call_to_aws(sessions: list[RoleSession]) -> None:
    with pytest.raises(Refused, match=r"ann@example\.com"):
        connect("shop", "orders", {"notifications": {"emails": ["ann@example.com"]}})
    assert sessions == []
