"""The workflows are valid for GitHub Actions, and use only commands that the repository has."""

from __future__ import annotations

import re
import subprocess

import pytest

from tools.release.project import ROOT
from tools.tool import tool

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.extended
def test_actionlint_finds_no_error() -> None:
    done = subprocess.run(
        [tool("actionlint"), *WORKFLOWS],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_workflows_call_only_existing_make_targets() -> None:
    texts = "".join(file.read_text() for file in WORKFLOWS)
    called = {
        target for line in re.findall(r"run: make ([^#\n]+)", texts) for target in line.split()
    }
    assert called >= {"check", "test", "release-check", "release-push"}
    assert called <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_all_workflows_use_the_same_commit_of_an_action() -> None:
    texts = "".join(file.read_text() for file in WORKFLOWS)
    pins: dict[str, set[str]] = {}
    for action, commit in re.findall(r"uses: ([^@\s]+)@(\S+)", texts):
        pins.setdefault(action, set()).add(commit)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}
