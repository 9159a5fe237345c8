"""Validity of the chart: Helm's linter, an API server, and rejection of invalid values."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError, DynamicApiError

from tests.chart.matrix import MATRIX
from tests.chart.rendering import CHART, NAMESPACE, Helm, parsed
from tools.tool import tool

FOREIGN_KINDS = {"ServiceMonitor", "PrometheusRule"}  # of the Prometheus operator


pytestmark = pytest.mark.long


def test_helm_lint_finds_no_problem(helm: Helm) -> None:
    helm("lint", "--strict", str(CHART))


@dataclass(frozen=True)
class Kubernetes:
    """An API server that checks manifests and does not store them."""

    client: DynamicClient

    def accepts(self, manifests: str) -> list[str]:
        """Return the kinds of the objects; raise DynamicApiError if one of them is invalid.

        Apart from unknown fields, the API server rejects values that a schema cannot express.
        """
        own = [body for body in parsed(manifests) if body["kind"] not in FOREIGN_KINDS]
        for body in own:
            self._accepts(body)
        return [body["kind"] for body in own]

    def _accepts(self, body: dict[str, Any]) -> None:
        if body["kind"] == "Pod":  # the API server checks that its account exists
            self.create("v1", "ServiceAccount", body["spec"]["serviceAccountName"])
        kind = self.client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        namespace = body["metadata"].get("namespace") or (NAMESPACE if kind.namespaced else None)
        strictly = {"dryRun": "All", "fieldManager": "chart", "fieldValidation": "Strict"}
        self.client.request(
            "patch",
            kind.path(name=body["metadata"]["name"], namespace=namespace),
            body=body,
            query_params=[*strictly.items(), ("force", "true")],
            content_type="application/apply-patch+yaml",
        )

    def create(self, version: str, kind: str, name: str, **fields: str) -> None:
        """Create an object that the manifests refer to, if it is missing."""
        resource = self.client.resources.get(api_version=version, kind=kind)
        body = {"metadata": {"name": name}, **fields}
        with contextlib.suppress(ConflictError):
            resource.create(body=body, namespace=NAMESPACE if resource.namespaced else None)


@pytest.fixture(scope="module")
def kubernetes(cluster: Path) -> Iterator[Kubernetes]:
    """Return an API server with the objects that the chart's values name."""
    with config.new_client_from_config(str(cluster)) as api:
        made = Kubernetes(DynamicClient(api))
        for name in ("shop", "data"):
            made.create("v1", "Namespace", name)
        made.create("node.k8s.io/v1", "RuntimeClass", "gvisor", handler="gvisor")
        yield made


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX.keys())
def test_kubernetes_accepts_every_object(
    helm: Helm, kubernetes: Kubernetes, values: dict[str, Any]
) -> None:
    assert "Deployment" in kubernetes.accepts(helm.template(values))


def test_an_unknown_field_is_detected(helm: Helm, kubernetes: Kubernetes) -> None:
    wrong: dict[str, Any] = {"affinity": {"nodeAfinity": {}}}
    with pytest.raises(DynamicApiError, match="nodeAfinity"):
        kubernetes.accepts(helm.template(wrong))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown value": ({"replicas": 2}, "replicas"),
    "an unknown nested value": ({"aws": {"regoin": "eu-west-1"}}, "regoin"),
    "replicas as text": ({"replicaCount": "two"}, "replicaCount"),
    "two replicas without a lease": (
        {"replicaCount": 2, "leaderElection": {"enabled": False}},
        "replicaCount",
    ),
    "invalid region": ({"aws": {"region": "Ireland"}}, "aws.region"),
    "invalid endpoint": ({"aws": {"endpointUrl": "localhost"}}, "aws.endpointUrl"),
    "invalid role": ({"aws": {"roleArn": "dataflowxpress"}}, "aws.roleArn"),
    "two identities": (
        {"aws": {"roleArn": "arn:aws:iam::111122223333:role/x", "existingSecret": "y"}},
        "aws.existingSecret",
    ),
    "invalid namespace": ({"watch": {"namespaces": ["Shop"]}}, "watch.namespaces"),
    "invalid digest": ({"image": {"digest": "latest"}}, "image.digest"),
    "invalid pull policy": ({"image": {"pullPolicy": "Sometimes"}}, "image.pullPolicy"),
    "tenant policy without a namespace": (
        {"tenantPolicy": {"namespaces": [{"match": []}]}},
        "match",
    ),
    "account that YAML reads as a number": (
        {"tenantPolicy": {"namespaces": [{"match": ["*"], "accounts": [111122223333]}]}},
        "accounts",
    ),
    "restart before kopf replaces the watch": (
        {"livenessProbe": {"watchStaleAfterSeconds": 10}},
        "livenessProbe.watchStaleAfterSeconds",
    ),
}


@pytest.mark.parametrize(("values", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_invalid_values_are_rejected(helm: Helm, values: dict[str, Any], words: str) -> None:
    message = helm.refusal(values)
    assert words in message.replace("/", ".")


@pytest.mark.extended
def test_the_readme_is_generated_from_the_current_values() -> None:
    generated = subprocess.run(
        [tool("helm-docs"), "--dry-run", "--chart-search-root", CHART],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert generated.strip() == (CHART / "README.md").read_text().strip(), "run: make chart"


def test_it_works_as_a_subchart(helm: Helm, tmp_path: Path) -> None:
    """Helm also passes `global` values and the condition's value to a subchart."""
    whole = tmp_path / "platform"
    shutil.copytree(CHART, whole / "charts" / CHART.name)
    part = {"name": CHART.name, "version": "0.1.0", "condition": f"{CHART.name}.enabled"}
    about = {"apiVersion": "v2", "name": "platform", "version": "1.0.0", "dependencies": [part]}
    (whole / "Chart.yaml").write_text(yaml.safe_dump(about))
    values: dict[str, Any] = {
        "global": {"imagePullSecrets": [{"name": "registry"}], "foreign": True},
        CHART.name: {"enabled": True, "namespaceOverride": "pipelines"},
    }
    made = parsed(helm("template", "release", str(whole), values=values))
    [deployment] = [each for each in made if each["kind"] == "Deployment"]
    assert deployment["metadata"]["namespace"] == "pipelines"
    assert deployment["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert "--lease=pipelines/release-dataflowxpress" in str(deployment)
    values[CHART.name]["enabled"] = False
    assert not helm("template", "release", str(whole), values=values).strip()
