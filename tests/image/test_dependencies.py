"""The image has the tested dependencies, pinned with hashes, and none of the sandbox."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "image/requirements.lock", ROOT / "image/build.lock"]


def pins(lock: Path) -> dict[str, str]:
    """Return the version of each package of a lock file."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_with_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", lock.read_text(), flags=re.MULTILINE))
    assert len(entries) == len(pins(lock))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_image_has_the_versions_of_the_tests() -> None:
    tested, shipped = pins(ROOT / "requirements.lock"), pins(LOCKS[0])
    assert shipped.items() <= tested.items()


def test_the_image_has_no_dependency_of_the_sandbox() -> None:
    project = tomllib.loads((ROOT / "sandbox/pyproject.toml").read_text())["project"]
    needed = {re.split(r"[=>\[;]", each)[0] for each in project["dependencies"]}
    sandbox = needed - {"dataflowxpress"}
    assert len(sandbox) > 5
    assert not sandbox & pins(LOCKS[0]).keys()


def test_the_image_has_every_dependency_of_the_operator() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["otel"]]
    assert {re.split(r"[=>\[;]", each)[0] for each in wanted} <= pins(LOCKS[0]).keys()


def test_hadolint_finds_no_problem_in_the_dockerfile() -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "hadolint", ROOT / "Dockerfile"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert linted.stdout + linted.stderr == ""
    assert linted.returncode == 0
