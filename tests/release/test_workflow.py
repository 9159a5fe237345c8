"""The workflow is valid for GitHub Actions, and uses only commands that the repository has."""

from __future__ import annotations

import re
import subprocess

import pytest

from tools.release.project import ROOT
from tools.tool import tool

WORKFLOW = ROOT / ".github/workflows/release.yml"


@pytest.mark.extended
def test_actionlint_finds_no_error() -> None:
    done = subprocess.run(
        [tool("actionlint"), *sorted((ROOT / ".github/workflows").glob("*.yml"))],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_workflow_calls_only_existing_make_targets() -> None:
    called = re.findall(r"run: make (.+)", WORKFLOW.read_text())
    targets = {target for line in called for target in line.split()}
    assert targets >= {"check", "release-check", "release-push"}
    assert targets <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
