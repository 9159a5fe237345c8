"""Prometheus: a real server during tests, with alert times scaled to seconds."""

from __future__ import annotations

import json
import re
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.probe import HOST, answers
from dataflowxpress_sandbox.state import SandboxState
from tools.tool import tool

CHART = artifacts.path("charts/dataflowxpress/files")
WINDOW = "20s"  # replaces ranges of minutes and hours
SECONDS = 120.0


def shortened(rules: Any) -> Any:
    """Return alerting rules with times scaled down for tests."""
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        rule["for"] = "1s"
        rule["expr"] = re.sub(r"\[\d+[mhd]\]", f"[{WINDOW}]", rule["expr"])
        if rule["alert"] == "DataFlowXpressBacklog":
            rule["expr"] = rule["expr"].replace("> 300", "> 3")  # seconds, as a number
    return rules


def alerts() -> list[str]:
    groups = yaml.safe_load((CHART / "alerts.yaml").read_text())["groups"]
    return [rule["alert"] for group in groups for rule in group["rules"]]


def dashboard_queries() -> dict[str, str]:
    """Return the dashboard queries as Grafana sends them, by panel and legend."""
    panels = json.loads((CHART / "dashboard.json").read_text())["panels"]
    return {
        f"{panel['title']}: {target['legendFormat']}": _as_sent(target["expr"])
        for panel in panels
        for target in panel.get("targets", ())
    }


def _as_sent(query: str) -> str:
    query = query.replace("$__rate_interval", WINDOW)
    return query.replace("$namespace", ".*").replace("$name", ".*")


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    port: int
    began: float

    def firing(self) -> dict[str, list[Mapping[str, str]]]:
        """Return the labels of firing alerts, by alert name."""
        found: dict[str, list[Mapping[str, str]]] = {}
        for alert in self._get("alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found

    def fires(self, alert: str, **labels: str) -> None:
        """Wait until an alert with these labels fires."""
        self._wait(lambda: _names(self.firing(), alert, labels), f"{alert} {labels} does not fire")

    def clears(self, alert: str, **labels: str) -> None:
        """Wait until no alert with these labels fires."""
        self._wait(
            lambda: not _names(self.firing(), alert, labels), f"{alert} {labels} does not clear"
        )

    def answers(self, query: str, what: str) -> None:
        """Wait until *query* returns data for any time since the start of the tests."""
        since = {"query": query, "start": str(self.began), "step": "1"}
        self._wait(
            lambda: self._get("query_range", **since, end=str(time.time()))["result"],
            f"{what}: {query} has no data",
        )

    def _wait(self, until: Callable[[], object], complaint: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not until():
            if time.monotonic() > deadline:
                pytest.fail(f"{complaint} within {SECONDS:.0f} s; firing: {self.firing()}")
            time.sleep(0.5)

    def _get(self, path: str, **params: str) -> Any:
        url = f"http://{HOST}:{self.port}/api/v1/{path}?{urllib.parse.urlencode(params)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]


def _names(
    firing: Mapping[str, list[Mapping[str, str]]], alert: str, labels: Mapping[str, str]
) -> bool:
    return any(labels.items() <= found.items() for found in firing.get(alert, ()))


def program(name: str) -> str:
    """Return the path of `prometheus` or `promtool`: from PATH, or built from its Go module."""
    return shutil.which(name) or str(tool("prometheus", name))


def serving(directory: Path, target: str) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes *target* each second."""
    directory.mkdir(parents=True)
    rules = shortened(yaml.safe_load((CHART / "alerts.yaml").read_text()))
    (directory / "alerts.yaml").write_text(yaml.safe_dump(rules))
    job = {"job_name": "operator", "static_configs": [{"targets": [target]}]}
    every = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    settings = {"global": every, "rule_files": ["alerts.yaml"], "scrape_configs": [job]}
    (directory / "prometheus.yaml").write_text(yaml.safe_dump(settings))
    state = SandboxState()
    state.choose_port("prometheus")
    port = state.ports["prometheus"]
    process = processes.start(
        "prometheus",
        [
            program("prometheus"),
            f"--config.file={directory / 'prometheus.yaml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={HOST}:{port}",
        ],
        directory=directory,
    )
    try:
        processes.wait_until(
            lambda: answers(port, "/-/ready"), SECONDS, "Prometheus", process=process
        )
        yield Prometheus(port, time.time())
    finally:
        process.stop()
