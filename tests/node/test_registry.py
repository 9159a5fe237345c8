"""The packaged chart installs from an OCI registry on a real node, as the README's line does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.node.release import NAME, Release
from tests.oci import registry
from tools.release import chart, push
from tools.release.project import Target, version

pytestmark = [
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
    pytest.mark.timeout(1800),  # includes an image build
]


def test_the_chart_installs_from_a_registry(release: Release, tmp_path: Path) -> None:
    with registry(tmp_path) as address:
        install(release, Target(f"{address}/example", "https://git.example.com/project"), tmp_path)
    assert len(release.pods) == 2
    [listed] = json.loads(release.helm("list", "--output", "json"))
    assert (listed["chart"], listed["status"]) == (f"{NAME}-{version()}", "deployed")
    release.helm("test", NAME, "--logs")


def install(release: Release, target: Target, folder: Path) -> None:
    """Push the chart, and install it by its address."""
    push.push_chart(target, chart.package(target, folder), "--plain-http")
    source = f"oci://{target.registry}/charts/{NAME}"
    release.put("install", source, "first", "--version", version(), "--plain-http")
