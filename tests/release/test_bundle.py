"""The OLM bundle installs what the chart installs, with no permission more or less."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.release import bundle
from tools.release.project import ROOT, ReleaseError, Target

TARGET = Target("ghcr.io/example", "https://git.example.com/project", "sha256:" + "a" * 64)
CSV = "manifests/dataflowxpress.clusterserviceversion.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.write(TARGET, tmp_path_factory.mktemp("olm") / "bundle")


@pytest.fixture(scope="module")
def install(folder: Path) -> dict[str, Any]:
    """Return what the ClusterServiceVersion installs."""
    found: dict[str, Any] = yaml.safe_load((folder / CSV).read_text())
    spec: dict[str, Any] = found["spec"]["install"]["spec"]
    return spec


@pytest.fixture(scope="module")
def container(install: dict[str, Any]) -> dict[str, Any]:
    [deployment] = install["deployments"]
    [found] = deployment["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.extended
def test_the_validators_of_olm_find_nothing(folder: Path) -> None:
    bundle.validate(folder)


@pytest.mark.extended
def test_a_bundle_without_its_definition_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "bundle")
    (copy / "manifests/datapipelines.dataflowxpress.io.customresourcedefinition.yaml").unlink()
    with pytest.raises(ReleaseError, match=r"owned CRD .* not found in bundle"):
        bundle.validate(copy)


def test_the_bundle_has_the_committed_definition(folder: Path) -> None:
    [file] = folder.glob("manifests/*.customresourcedefinition.yaml")
    committed = yaml.safe_load((ROOT / "crds/datapipelines.yaml").read_text())
    assert yaml.safe_load(file.read_text())["spec"] == committed["spec"]


def test_the_operator_gets_each_permission_of_the_chart_once(install: dict[str, Any]) -> None:
    found = bundle.render(TARGET)
    bound = {each["roleRef"]["name"] for each in found.all("ClusterRoleBinding", "RoleBinding")}
    roles = [r for r in found.all("ClusterRole", "Role") if r["metadata"]["name"] in bound]
    of_chart = [rule for role in roles for rule in role["rules"]]
    [cluster], [here] = install["clusterPermissions"], install["permissions"]
    assert sorted(map(str, of_chart)) == sorted(map(str, cluster["rules"] + here["rules"]))
    assert {"leases"} == {name for rule in here["rules"] for name in rule["resources"]}


def test_the_lease_is_in_the_namespace_that_olm_decides(container: dict[str, Any]) -> None:
    assert "--lease=$(POD_NAMESPACE)/dataflowxpress" in container["args"]
    [variable] = [each for each in container["env"] if each["name"] == "POD_NAMESPACE"]
    assert variable["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}


def test_no_manifest_names_a_namespace_of_the_build(folder: Path) -> None:
    texts = [file.read_text() for file in folder.rglob("*.yaml")]
    assert not [text for text in texts if "operator-namespace" in text]
    assert not [text for text in texts if "managed-by: Helm" in text]


def test_the_service_selects_the_pods(folder: Path, install: dict[str, Any]) -> None:
    service = yaml.safe_load((folder / "manifests/dataflowxpress-metrics.service.yaml").read_text())
    labels = install["deployments"][0]["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()


def test_openshift_can_choose_the_user(install: dict[str, Any]) -> None:
    context = install["deployments"][0]["spec"]["template"]["spec"]["securityContext"]
    assert context["runAsNonRoot"] is True
    assert not {"runAsUser", "runAsGroup", "fsGroup"} & context.keys()


def test_the_labels_of_the_image_are_the_annotations_of_the_bundle(folder: Path) -> None:
    labels = re.findall(
        r"^LABEL (\S+)=(\S+)$", (folder / "bundle.Dockerfile").read_text(), re.MULTILINE
    )
    annotations = yaml.safe_load((folder / "metadata/annotations.yaml").read_text())["annotations"]
    assert dict(labels).items() <= annotations.items()
    assert dict(labels)["operators.operatorframework.io.bundle.package.v1"] == "dataflowxpress"


def test_a_kind_that_the_bundle_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = {"prometheusRule": {"enabled": True}}
    monkeypatch.setitem(bundle.VALUES, "metrics", alerts)
    with pytest.raises(ReleaseError, match="does not install PrometheusRule"):
        bundle.render(TARGET)
