"""Validity of the chart: Helm's linter, Kubernetes' schemas, and rejection of invalid values."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from tests.chart.matrix import MATRIX
from tests.chart.rendering import CHART, Helm
from tools.tool import tool

FOREIGN_KINDS = "CustomResourceDefinition,ServiceMonitor,PrometheusRule"


def test_helm_lint_finds_no_problem(helm: Helm) -> None:
    helm("lint", "--strict", str(CHART))


@pytest.fixture(scope="session")
def schemas(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the API server's schemas for kubeconform; they reject unknown fields."""
    folder = tmp_path_factory.mktemp("schemas")
    with config.new_client_from_config(str(cluster)) as client:
        document = json.loads(
            DynamicClient(client).request("GET", "/openapi/v2", serialize=False).data
        )
    for definition in document["definitions"].values():
        if "properties" in definition:
            definition["additionalProperties"] = False
        if definition.get("format") == "int-or-string":
            definition["type"] = ["integer", "string"]
    (folder / "all.json").write_text(json.dumps({"definitions": document["definitions"]}))
    for name, definition in document["definitions"].items():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            group = f"{kind['group'].split('.')[0]}-" if kind["group"] else ""
            file = folder / f"{kind['kind']}-{group}{kind['version']}.json".lower()
            file.write_text(json.dumps({"$ref": f"all.json#/definitions/{name}"}))
    return folder


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX.keys())
def test_kubernetes_knows_every_field(helm: Helm, schemas: Path, values: dict[str, Any]) -> None:
    checked = subprocess.run(
        [
            *(tool("kubeconform"), "-strict", "-summary", "-skip", FOREIGN_KINDS),
            *("-schema-location", f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"),
        ],
        capture_output=True,
        check=False,
        input=helm.template(values),
        text=True,
    )
    assert checked.returncode == 0, checked.stdout
    assert "Invalid: 0, Errors: 0" in checked.stdout
    assert "Valid: 0" not in checked.stdout


def test_an_unknown_field_is_detected(helm: Helm, schemas: Path) -> None:
    wrong: dict[str, Any] = {"affinity": {"nodeAfinity": {}}}
    with pytest.raises(AssertionError, match="nodeAfinity"):
        test_kubernetes_knows_every_field(helm, schemas, wrong)


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
    made = list(yaml.safe_load_all(helm("template", "release", str(whole), values=values)))
    [deployment] = [each for each in made if each["kind"] == "Deployment"]
    assert deployment["metadata"]["namespace"] == "pipelines"
    assert deployment["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert "--lease=pipelines/release-dataflowxpress" in str(deployment)
    values[CHART.name]["enabled"] = False
    assert not helm("template", "release", str(whole), values=values).strip()
