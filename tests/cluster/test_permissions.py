"""The chart's roles are what the operator uses: nothing is refused to it, and no rule is idle."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.client import AuthorizationV1Api
from kubernetes.dynamic import DynamicClient

from dataflowxpress.api.errors import Refused
from dataflowxpress.kube.client import Cluster
from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.kube import binaries
from dataflowxpress_sandbox.progress import Progress
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.chart.rendering import NAME, rendered
from tests.cluster import access
from tests.cluster.conftest import Operators, wait_for
from tests.e2e.conftest import NAMESPACE, User

SCRIPT = "from dataflow.run import main\nmain()\n"
POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}

Use = tuple[str, str, str, str]  # API group, resource, verb, and the name where only one is meant


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which an API server that is started now writes down who asks for what."""
    assets, log = binaries.directory(Progress()), tmp_path / "audit.log"
    policy = tmp_path / "policy.yaml"
    policy.write_text(yaml.safe_dump(POLICY))
    ours = tmp_path / "assets"
    ours.mkdir()
    (ours / "etcd").symlink_to(assets / "etcd")
    options = f"--audit-policy-file={policy} --audit-log-path={log} --audit-log-mode=blocking"
    server = ours / "kube-apiserver"
    server.write_text(f'#!/bin/sh\nexec {assets}/kube-apiserver "$@" {options}\n')
    server.chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(ours))
    return log


@pytest.fixture
def admin(audit: Path, tmp_path: Path) -> Iterator[User]:  # noqa: ARG001 - it is to be there
    """The administrator of a cluster that keeps an audit log."""
    with Sandbox(tmp_path / "sandbox", operator=False).running() as sandbox:
        client = config.new_client_from_config(str(sandbox.kubeconfig))
        yield User(sandbox, DynamicClient(client))
        client.close()


@pytest.mark.parametrize(
    "namespaces",
    [
        pytest.param([], id="all", marks=pytest.mark.extended),
        pytest.param([NAMESPACE], id="one namespace"),
    ],
)
def test_an_operator_is_allowed_what_it_does_and_nothing_else(
    admin: User, audit: Path, tmp_path: Path, namespaces: list[str]
) -> None:
    objects = rendered(watch={"namespaces": namespaces}, rbac={"aggregateClusterRoles": False})
    install(admin, objects)
    account = access.account(admin, NAME, tmp_path)
    [deployment] = [each for each in objects if each["kind"] == "Deployment"]
    options = deployment["spec"]["template"]["spec"]["containers"][0]["args"][1:]
    options = [option for option in options if not option.startswith(("--probes", "--metrics"))]
    operator = Operators(admin, tmp_path / "operators")(
        *options, KUBECONFIG=str(account.kubeconfig)
    )
    try:
        live(admin)
        operator.signal(signal.SIGTERM)
        wait_for(operator.ended, "ended", operator.process)
    finally:
        processes.stop(tmp_path / "operators")
    asked = list(requests(audit))
    refused = [f"{verb} {where}" for verb, where, code in asked if code == 403]
    assert refused == []
    assert used(audit) == allowed(objects)


@pytest.mark.parametrize("namespaces", [[], [NAMESPACE]], ids=["all", "one namespace"])
def test_kubectl_lists_the_chart_s_rules_for_the_service_account_and_no_other(
    user: User, tmp_path: Path, namespaces: list[str]
) -> None:
    """`kubectl auth can-i --list` asks the same."""
    name = f"{NAME}-{len(namespaces)}"
    values: Any = {"watch": {"namespaces": namespaces}, "rbac": {"aggregateClusterRoles": False}}
    objects = rendered(fullnameOverride=name, **values)
    install(user, objects)
    ours = permissions(access.account(user, name, tmp_path))
    anybody_s = permissions(access.account(user, "anybody", tmp_path))
    elsewhere = {("", "namespaces", "get", "kube-system")}  # by a Role there
    assert ours - anybody_s == allowed(objects) - elsewhere


def test_without_the_permission_a_config_map_is_refused_with_the_cure(
    user: User, tmp_path: Path
) -> None:
    name = f"{NAME}-no-scripts"
    rbac = {"configMaps": False, "aggregateClusterRoles": False}
    install(user, rendered(fullnameOverride=name, rbac=rbac))
    account = access.account(user, name, tmp_path)
    with (
        config.new_client_from_config(str(account.kubeconfig)) as client,
        pytest.raises(Refused, match=r"set the chart value rbac\.configMaps"),
    ):
        Cluster(client).config_map_value(NAMESPACE, "scripts", "job.py")


def permissions(account: access.Account) -> set[Use]:
    """Return what the API server says that an account may do in its namespace."""
    ask: Any = {"spec": {"namespace": NAMESPACE}}
    with config.new_client_from_config(str(account.kubeconfig)) as client:
        review: Any = AuthorizationV1Api(client).create_self_subject_rules_review(ask)
    return {
        (group, resource, verb, name)
        for rule in review.status.resource_rules
        for group in rule.api_groups
        for resource in rule.resources
        for verb in rule.verbs
        for name in rule.resource_names or [""]
    }


def install(admin: User, objects: list[dict[str, Any]]) -> None:
    for each in objects:
        if each["kind"].endswith(("Role", "RoleBinding", "ServiceAccount")):
            admin.kind(each["kind"], each["apiVersion"]).server_side_apply(
                body=each, namespace=each["metadata"].get("namespace"), field_manager="helm"
            )


def live(admin: User) -> None:
    """Lead a pipeline through all that has to do with Kubernetes."""
    script = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "script"}}
    admin.apply({**script, "data": {"job.py": SCRIPT}})
    reference = {"configMapKeyRef": {"name": "script", "key": "job.py"}}
    admin.pipeline("allowed", bucket={"name": "allowed"}, job={"script": reference})
    admin.ready("allowed", seconds=90)
    admin.gone("allowed")


def requests(audit: Path) -> Iterator[tuple[str, dict[str, str], int]]:
    """Yield what the operator asked for: verb, object and the answer's code."""
    us = f"system:serviceaccount:{NAMESPACE}:{NAME}"
    for line in audit.read_text().splitlines():
        event = json.loads(line)
        if event["user"]["username"] == us and "objectRef" in event:
            yield event["verb"], event["objectRef"], event.get("responseStatus", {}).get("code", 0)


def used(audit: Path) -> set[Use]:
    named = {("", "namespaces"), ("coordination.k8s.io", "leases")}
    uses = set()
    for verb, where, _ in requests(audit):
        resource = "/".join(filter(None, [where["resource"], where.get("subresource")]))
        group = where.get("apiGroup", "")
        one = (group, resource) in named and verb != "create"
        uses.add((group, resource, verb, where.get("name", "") if one else ""))
    return uses


def allowed(objects: list[dict[str, Any]]) -> set[Use]:
    return {
        (group, resource, verb, name)
        for each in objects
        for rule in (each.get("rules") or [] if each["kind"].endswith("Role") else [])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }
