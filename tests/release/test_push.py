"""The pushed chart is in the registry under the version, and its reference names the content."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oci import registry
from tools.release import chart, push
from tools.release.project import ReleaseError, Target, version
from tools.release.wheels import digest
from tools.tool import tool

pytestmark = pytest.mark.extended


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    with registry(tmp_path) as address:
        yield Target(f"{address}/example", "https://git.example.com/project")


def test_a_pushed_chart_is_pulled_with_the_same_bytes(target: Target, tmp_path: Path) -> None:
    package = chart.package(target, tmp_path)
    reference = push.push_chart(target, package, "--plain-http")
    repository, _, content = reference.partition("@")
    assert content.startswith("sha256:")
    where = ("--destination", str(tmp_path / "pulled"), "--plain-http")
    (tmp_path / "pulled").mkdir()
    source = (f"oci://{repository}", "--version", version())
    subprocess.run([str(tool("helm4")), "pull", *source, *where], check=True)
    assert digest(tmp_path / "pulled" / package.name) == digest(package)


def test_a_push_without_the_digest_of_the_image_is_refused(target: Target) -> None:
    with pytest.raises(ReleaseError, match="set RELEASE_DIGEST"):
        push.everything(target)
