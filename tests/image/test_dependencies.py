"""The image holds what was tested: pinned, hashed, and nothing that only the sandbox needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "image/requirements.lock", ROOT / "image/build.lock"]


def pins(lock: Path) -> dict[str, str]:
    """Return the version of each package of a lock file."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_everything_is_pinned_to_the_bytes_of_a_version(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", lock.read_text(), flags=re.MULTILINE))
    assert len(entries) == len(pins(lock))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_it_is_what_the_tests_run_with() -> None:
    tested, shipped = pins(ROOT / "requirements.lock"), pins(LOCKS[0])
    assert shipped.items() <= tested.items()


def test_nothing_of_the_sandbox_is_in_it() -> None:
    project = tomllib.loads((ROOT / "sandbox/pyproject.toml").read_text())["project"]
    needed = {re.split(r"[=>\[;]", each)[0] for each in project["dependencies"]}
    sandbox = needed - {"dataflowxpress"}
    assert len(sandbox) > 5
    assert not sandbox & pins(LOCKS[0]).keys()


def test_every_dependency_of_the_operator_is_in_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["otel"]]
    assert {re.split(r"[=>\[;]", each)[0] for each in wanted} <= pins(LOCKS[0]).keys()


def test_package_chart_and_image_are_of_one_version() -> None:
    packages = [
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]["version"]
        for folder in (".", "sandbox")
    ]
    chart = yaml.safe_load((ROOT / "charts/dataflowxpress/Chart.yaml").read_text())
    [image] = re.findall(r"^ARG VERSION=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len({chart["appVersion"], image, *packages}) == 1


def test_the_linter_has_nothing_to_say_against_the_dockerfile() -> None:
    said = subprocess.run(
        [Path(sys.executable).parent / "hadolint", ROOT / "Dockerfile"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert said.stdout + said.stderr == ""
    assert said.returncode == 0
