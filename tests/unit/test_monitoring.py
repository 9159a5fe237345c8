"""Alerts and dashboard ask for what the operator tells, and each alert leads to a page."""

from __future__ import annotations

import json
import re
import runpy
from typing import Any

import pytest
import yaml

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status
from dataflowxpress.blueprint import artifacts
from dataflowxpress.telemetry import metrics
from dataflowxpress.telemetry.pipelines import Pipelines

FILES = artifacts.path("charts/dataflowxpress/files")
RUNBOOKS = artifacts.path("docs/runbooks")
RULES = [
    rule
    for group in yaml.safe_load((FILES / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
SUFFIXES = ("_total", "_bucket", "_count", "_sum", "_info", "")


class Idle:
    """A work queue without work."""

    def depth(self) -> int:
        return 0

    active_workers = depth
    active_deletions = depth
    longest_wait = depth


@pytest.fixture(scope="module")
def exported() -> set[str]:
    """The names of all series that the operator may have."""
    pipelines = Pipelines()
    pipelines.observe("shop", "orders", Status(), compared=True)
    metrics.watch(Idle(), pipelines)
    families = metrics.REGISTRY.collect()
    return {family.name + suffix for family in families for suffix in SUFFIXES}


def queried(query: str) -> set[str]:
    return set(re.findall(r"\b(?:dataflowxpress|process)_[a-z_]+", query))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_uses_exported_metrics_and_has_a_runbook(rule: Any, exported: set[str]) -> None:
    assert queried(rule["expr"])
    assert queried(rule["expr"]) <= exported
    page = artifacts.path(rule["annotations"]["runbook_url"])
    assert page.name == f"{rule['alert']}.md"
    assert page.read_text().startswith(f"# {rule['alert']}\n")
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_knows_only_reasons_that_are_given(rule: Any) -> None:
    named = re.findall(r'(?:reason|outcome)=~?"([^"]+)"', rule["expr"])
    words = {word for each in named for word in each.split("|")}
    assert words <= {*Reason, "error"}


def test_each_runbook_has_an_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {rule["alert"] for rule in RULES}


def test_the_dashboard_uses_exported_metrics(exported: set[str]) -> None:
    panels = json.loads((FILES / "dashboard.json").read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    assert queries
    for query in queries:
        assert queried(query)
        assert queried(query) <= exported


def test_the_dashboard_is_up_to_date() -> None:
    module = runpy.run_path(str(artifacts.path("tools/dashboard.py")))
    assert (FILES / "dashboard.json").read_text() == module["text"](), "run `make dashboard`"
