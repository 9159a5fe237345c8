"""The packaged chart installs the released image, and catalogs can show it."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.release import chart
from tools.release.project import CHART, Target, version
from tools.tool import tool

TARGET = Target("ghcr.io/example", "https://git.example.com/project", "sha256:" + "a" * 64)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chart.package(TARGET, tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="module")
def about(package: Path) -> dict[str, Any]:
    """Return Chart.yaml of the package."""
    with tarfile.open(package) as archive:
        file = archive.extractfile("dataflowxpress/Chart.yaml")
        assert file
        found: dict[str, Any] = yaml.safe_load(file.read())
    return found


def rendered(package: Path, *options: str) -> list[dict[str, Any]]:
    command = [str(tool("helm4")), "template", "x", str(package), *options]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [each for each in yaml.safe_load_all(text) if each]


def test_the_chart_installs_the_pushed_image_by_digest(package: Path) -> None:
    pods = [each for each in rendered(package) if each["kind"] in ("Deployment", "Pod")]
    specs = [each["spec"].get("template", each)["spec"] for each in pods]
    images = {container["image"] for spec in specs for container in spec["containers"]}
    assert images == {f"ghcr.io/example/dataflowxpress@{TARGET.digest}"}


def test_the_package_is_named_by_the_version(package: Path, about: dict[str, Any]) -> None:
    assert package.exists()
    assert about["version"] == about["appVersion"] == version()


def test_artifact_hub_gets_valid_lists(about: dict[str, Any]) -> None:
    found = about["annotations"]
    assert found["artifacthub.io/license"] == "Apache-2.0"
    lists = {
        name: yaml.safe_load(found[f"artifacthub.io/{name}"])
        for name in ("changes", "crds", "crdsExamples", "images", "links")
    }
    assert all(lists.values())
    assert lists["images"] == [
        {"name": "dataflowxpress", "image": f"ghcr.io/example/dataflowxpress@{TARGET.digest}"}
    ]
    assert {each["kind"] for each in lists["changes"]} <= {"added", "changed", "fixed", "security"}
    assert lists["crds"][0]["name"] == "datapipelines.dataflowxpress.io"
    assert {each["kind"] for each in lists["crdsExamples"]} == {"DataPipeline"}


def test_the_checkout_does_not_change(package: Path) -> None:  # noqa: ARG001 - has been built
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["image"] == {
        "repository": "dataflowxpress",
        "tag": "",
        "digest": "",
        "pullPolicy": "IfNotPresent",
    }
