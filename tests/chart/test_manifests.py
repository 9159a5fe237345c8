"""Manifests that the chart renders from its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.chart.matrix import MATRIX
from tests.chart.rendering import NAME, NAMESPACE, Object, container, objects, pod


def env(container: Object) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_pods_meet_the_restricted_level() -> None:
    found = objects()
    for spec in (pod(found), found["Pod", f"{NAME}-check"]["spec"]):
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for each in spec["containers"]:
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_the_helm_test_is_scheduled_like_the_operator() -> None:
    found = objects(**{**MATRIX["everything further"], "nameOverride": ""})
    operator, check = pod(found), found["Pod", f"{NAME}-check"]["spec"]
    shared = (operator.keys() & check.keys()) - {"containers", "volumes"}
    assert shared >= {"dnsConfig", "hostAliases", "hostUsers", "imagePullSecrets", "tolerations"}
    assert {key: operator[key] for key in shared} == {key: check[key] for key in shared}


def test_a_digest_takes_precedence_over_the_tag() -> None:
    digest = f"sha256:{'0' * 64}"
    assert container()["image"] == "dataflowxpress:0.1.0"
    assert container(image={"tag": "2"})["image"] == "dataflowxpress:2"
    assert container(image={"tag": "2", "digest": digest})["image"] == f"dataflowxpress@{digest}"


def test_the_operator_uses_the_lease_of_its_release() -> None:
    assert f"--lease={NAMESPACE}/{NAME}" in container()["args"]
    shared = container(leaderElection={"lease": "shard-a"})
    assert f"--lease={NAMESPACE}/shard-a" in shared["args"]


def test_without_a_lease_the_old_operator_ends_before_the_new_one_starts() -> None:
    found = objects(leaderElection={"enabled": False})
    assert found["Deployment", NAME]["spec"]["strategy"] == {"type": "Recreate"}
    assert not any("--lease" in arg for arg in pod(found)["containers"][0]["args"])
    assert ("Role", f"{NAME}-lease") not in found


def test_with_named_namespaces_there_is_no_cluster_wide_permission() -> None:
    watch = {"namespaces": ["shop", "data"]}
    found = objects(watch=watch, rbac={"aggregateClusterRoles": False})
    assert not {kind for kind, _ in found} & {"ClusterRole", "ClusterRoleBinding"}
    assert pod(found)["containers"][0]["args"][-3:-1] == ["--namespace=shop", "--namespace=data"]


READ = {"get", "list", "watch"}
EDIT = READ | {"create", "update", "patch", "delete"}
ADMIN = EDIT | {"deletecollection"}


def test_the_permission_to_read_pipelines_alone_aggregates_to_the_cluster_roles() -> None:
    assert {whom: _aggregated(whom) for whom in ("view", "edit", "admin")} == {
        "view": READ, "edit": READ, "admin": READ,
    }  # fmt: skip
    for role, verbs in {"view": READ, "edit": EDIT, "admin": ADMIN}.items():
        assert _verbs(objects()["ClusterRole", f"{NAME}-{role}"]) == verbs


def test_permissions_to_change_pipelines_aggregate_on_request() -> None:
    asked = {"aggregateToEdit": True}
    assert {whom: _aggregated(whom, **asked) for whom in ("view", "edit", "admin")} == {
        "view": READ, "edit": EDIT, "admin": ADMIN,
    }  # fmt: skip


def _aggregated(whom: str, **rbac: Any) -> set[str]:
    label = f"rbac.authorization.k8s.io/aggregate-to-{whom}"
    roles = [role for (kind, _), role in objects(rbac=rbac).items() if kind == "ClusterRole"]
    found = (_verbs(role) for role in roles if role["metadata"]["labels"].get(label))
    return set().union(*found)


def _verbs(role: Mapping[str, Any]) -> set[str]:
    return {verb for rule in role["rules"] for verb in rule["verbs"]}


@pytest.mark.parametrize("keep", [True, False])
def test_the_kind_is_kept_on_uninstall_if_configured(keep: bool) -> None:
    kind = objects(crds={"keep": keep})[
        "CustomResourceDefinition", "datapipelines.dataflowxpress.io"
    ]
    annotations = kind["metadata"].get("annotations", {})
    assert (annotations.get("helm.sh/resource-policy") == "keep") == keep
    assert kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


def test_the_aws_identity_comes_from_a_role_or_a_secret() -> None:
    role = "arn:aws:iam::111122223333:role/x"
    account = objects(aws={"roleArn": role})["ServiceAccount", NAME]
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": role}
    variables = env(container(aws={"existingSecret": "keys"}))
    keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
    needed = {key: variables[key]["secretKeyRef"]["optional"] for key in keys}
    assert needed == dict(zip(keys, [False, False, True], strict=True))
    assert not set(keys) & env(container()).keys()


def test_region_and_endpoint_reach_every_client() -> None:
    variables = env(container(aws={"region": "eu-west-1", "endpointUrl": "http://aws:4566"}))
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert variables["AWS_ENDPOINT_URL"] == "http://aws:4566"


def test_rates_and_the_choice_of_lists_reach_the_operator() -> None:
    assert not any(arg.startswith(("--rate", "--no-")) for arg in container()["args"])
    chosen = container(aws={"rates": {"iam": 20, "glue": 2.5}, "sharedLists": False})["args"]
    assert {"--rate=iam=20", "--rate=glue=2.5", "--no-shared-lists"} <= {*chosen}


def test_a_queue_of_changes_reaches_the_operator_and_is_off_by_default() -> None:
    assert not any("change" in arg for arg in container()["args"])
    chosen = container(drift={"cloudTrail": {"queue": "changes", "resyncIntervalSeconds": 3600}})
    assert {"--change-queue=changes", "--change-resync=3600"} <= {*chosen["args"]}


def test_replicas_are_spread_by_the_operators_labels() -> None:
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    found = objects(topologySpreadConstraints=[spread])
    labels = found["Deployment", NAME]["spec"]["selector"]["matchLabels"]
    assert pod(found)["topologySpreadConstraints"] == [
        {**spread, "labelSelector": {"matchLabels": labels}}
    ]


def test_the_selector_matches_only_the_operator() -> None:
    found = objects()
    selector = found["Deployment", NAME]["spec"]["selector"]["matchLabels"]
    test = found["Pod", f"{NAME}-check"]["metadata"]["labels"]
    assert not selector.items() <= test.items()
    assert found["Service", f"{NAME}-metrics"]["spec"]["selector"] == selector


def test_probes_use_the_health_and_readiness_paths() -> None:
    asked = container()
    ports = {port["name"]: port["containerPort"] for port in asked["ports"]}
    assert f"--probes=:{ports['probes']}" in asked["args"]
    assert f"--metrics=:{ports['metrics']}" in asked["args"]
    paths = {name: asked[name]["httpGet"]["path"] for name in asked if name.endswith("Probe")}
    assert paths == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }


def test_the_helm_test_uses_the_operators_identity() -> None:
    found = objects(watch={"namespaces": ["shop"]}, aws={"region": "eu-west-1"})
    hook, working = found["Pod", f"{NAME}-check"]["spec"], pod(found)
    assert hook["serviceAccountName"] == working["serviceAccountName"]
    assert env(hook["containers"][0]) == env(working["containers"][0])
    assert hook["containers"][0]["args"] == [
        "check",
        "--namespace=shop",
        f"--lease={NAMESPACE}/{NAME}",
    ]
