"""A release is refused before the tag if its parts disagree, and its tools are pinned."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.release import changelog, chart, licences, versions
from tools.release.project import CHART, ROOT, ReleaseError, Target

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PLACES = (
    *("pyproject.toml", "sandbox/pyproject.toml", "charts/dataflowxpress/Chart.yaml"),
    *("Dockerfile", "Makefile", "SECURITY.md", "README.md", "docs/operations.md"),
)
ENTRY = "## {title}\n\n### Added: a thing\n\n- A thing.\n\n## 0.0.9 - 2026-01-01\n\n- Old.\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with the files that name the version."""
    for name in PLACES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "charts/dataflowxpress/README.md").write_text("")
    return tmp_path


def test_all_places_name_the_version_of_the_package() -> None:
    assert "in 1" in versions.check()  # 10 to 19 places


@pytest.mark.parametrize("name", [name for name in PLACES if name != "README.md"])
def test_a_place_with_another_version_is_named(checkout: Path, name: str) -> None:
    text = (checkout / name).read_text()
    (checkout / name).write_text(text.replace("0.1.0", "0.2.0"))
    with pytest.raises(ReleaseError, match=rf"{name}.* has 0\.2\.0"):
        versions.check(checkout)


def test_a_place_without_a_version_is_named(checkout: Path) -> None:
    (checkout / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(ReleaseError, match=r"Dockerfile: .* has none"):
        versions.check(checkout)


def test_the_entry_of_a_tag_has_its_version_and_a_date() -> None:
    entry = changelog.top(ENTRY.format(title="0.1.0 - 2026-11-27"))
    assert changelog.check(entry, "0.1.0", "v0.1.0") == "changelog: 0.1.0 - 2026-11-27"
    assert entry.text.endswith("- A thing.")


@pytest.mark.parametrize(
    ("title", "tag", "message"),
    [
        ("Unreleased", "v0.1.0", "write `## 0.1.0 - YYYY-MM-DD`"),
        ("0.1.0", "v0.1.0", "write `## 0.1.0 - YYYY-MM-DD`"),
        ("0.2.0 - 2026-11-27", "", "the top entry of CHANGELOG.md is `0.2.0 - 2026-11-27`"),
        ("0.1.0 - 2026-11-27", "v0.2.0", "the tag v0.2.0 is not v0.1.0"),
        ("0.1.0 - 2026-11-27", "0.1.0", "the tag 0.1.0 is not v0.1.0"),
    ],
)
def test_an_entry_that_is_not_the_releases_is_refused(title: str, tag: str, message: str) -> None:
    entry = changelog.top(ENTRY.format(title=title))
    with pytest.raises(ReleaseError, match=re.escape(message)):
        changelog.check(entry, "0.1.0", tag)


def test_an_entry_without_changes_is_refused() -> None:
    with pytest.raises(ReleaseError, match="lists no changes"):
        changelog.check(changelog.top("## Unreleased\n\n"), "0.1.0", "")


def test_the_entry_can_be_unreleased_before_the_tag() -> None:
    entry = changelog.top(ENTRY.format(title="Unreleased"))
    assert "date it as `## 0.1.0 - YYYY-MM-DD`" in changelog.check(entry, "0.1.0", "")


@pytest.mark.parametrize(
    "licence",
    [
        *("MIT", "Apache-2.0 AND MIT", "Apache-2.0 OR BSD-2-Clause", "GPL-3.0 OR MIT"),
        *("Apache Software License; BSD License", "(MIT OR GPL-2.0) AND BSD-3-Clause"),
        "Mozilla Public License 2.0 (MPL 2.0)",
    ],
)
def test_permissive_licences_are_allowed(licence: str) -> None:
    assert licences.allowed(licence)


@pytest.mark.parametrize(
    "licence", ["GPL-3.0", "MIT AND AGPL-3.0", "BSD License; GNU GPL", "UNKNOWN", "", "NOT MIT"]
)
def test_other_licences_and_unknown_ones_are_denied(licence: str) -> None:
    assert not licences.allowed(licence)


def test_the_released_chart_names_its_image_by_digest() -> None:
    target = Target("ghcr.io/example", "https://git.example.com/x", "sha256:" + "a" * 64)
    values = yaml.safe_load(chart.with_image((CHART / "values.yaml").read_text(), target))
    assert values["image"]["repository"] == "ghcr.io/example/dataflowxpress"
    assert values["image"]["digest"] == target.digest


def test_the_launcher_names_the_versions_of_python_that_the_archive_has(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tools/release/launcher.py", tmp_path / "kubectl-dataflow")
    (tmp_path / "lib/3.99").mkdir(parents=True)
    command = [sys.executable, str(tmp_path / "kubectl-dataflow")]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert "Put a python3 of one of these versions first on PATH: 3.99" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_base_image_is_pinned_by_digest() -> None:
    froms = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert re.fullmatch(r"docker\.io/library/python:3\.11-slim@sha256:[0-9a-f]{64}", froms[0])
    assert set(froms[1:]) == {"base"}


def test_setup_installs_the_tested_uv_by_its_hash() -> None:
    [pin] = re.findall(r"^uv==\S+", (ROOT / "tools/uv.lock").read_text(), re.MULTILINE)
    assert f"{pin} " in (ROOT / "requirements.lock").read_text()
    assert "--require-hashes --requirement tools/uv.lock" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_with_its_version(workflow: Path) -> None:
    uses = re.findall(r"uses: (.+)", workflow.read_text())
    assert uses
    assert not [each for each in uses if not re.fullmatch(r"\S+@[0-9a-f]{40} # v[\d.]+", each)]


def audit(path: Path) -> subprocess.CompletedProcess[str]:
    """Run zizmor, which knows weaknesses of workflows, without network."""
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    command = [zizmor, "--offline", "--persona", "auditor", str(path)]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def test_workflows_have_no_known_weakness() -> None:
    done = audit(ROOT / ".github")
    assert done.returncode == 0, done.stdout


def test_a_workflow_with_an_action_by_tag_is_found(tmp_path: Path) -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text()
    (tmp_path / "release.yml").write_text(re.sub("@[0-9a-f]{40}", "@v6", text))
    done = audit(tmp_path / "release.yml")
    assert "unpinned-uses" in done.stdout
    assert done.returncode
