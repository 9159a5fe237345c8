"""The customizations, evaluated by the Argo CD command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dataflowxpress.api.spec import GROUP, KIND
from dataflowxpress.blueprint import artifacts
from tests.argocd.argo import cli

CUSTOMIZATIONS = artifacts.path(f"argocd/resource_customizations/{GROUP}/{KIND}")
ACTIONS = CUSTOMIZATIONS / "actions"
SETTINGS = ("--argocd-cm-path", str(artifacts.path("argocd/argocd-cm.yaml")))
HEALTH = yaml.safe_load((CUSTOMIZATIONS / "health_test.yaml").read_text())["tests"]
ACTION = yaml.safe_load((ACTIONS / "action_test.yaml").read_text())

pytestmark = [
    pytest.mark.usefixtures("argocd"),
    pytest.mark.timeout(1800),  # the first command can build Argo CD
]


def override(command: str, path: Path, *arguments: str) -> str:
    return cli("admin", "settings", "resource-overrides", command, str(path), *arguments, *SETTINGS)


@pytest.mark.parametrize("case", HEALTH, ids=lambda case: Path(case["inputPath"]).stem)
def test_health(case: Any) -> None:
    message = override("health", CUSTOMIZATIONS / case["inputPath"])
    assert f"STATUS: {case['healthStatus']['status']}" in message
    assert f"MESSAGE: {case['healthStatus']['message']}" in message


@pytest.mark.parametrize("case", ACTION["discoveryTests"], ids=lambda c: Path(c["inputPath"]).stem)
def test_discovery(case: Any) -> None:
    _, *lines = override("list-actions", ACTIONS / case["inputPath"]).splitlines()
    found = {name: disabled == "true" for name, disabled in map(str.split, lines)}
    assert found == {each["name"]: each["disabled"] for each in case["result"]}


@pytest.mark.parametrize(
    ("action", "annotation"),
    [
        ("pause", "paused"),
        ("plan", "plan"),
        ("refresh", "reconcile-requested-at"),
        ("run", "run-requested-at"),
    ],
)
def test_an_action_adds_its_annotation(action: str, annotation: str) -> None:
    message = override("run-action", ACTIONS / "testdata/ready.yaml", action)
    assert f">     {GROUP}/{annotation}: " in message


def test_resume_removes_the_pause() -> None:
    message = override("run-action", ACTIONS / "testdata/paused-before.yaml", "resume")
    assert f"<     {GROUP}/paused: " in message
