"""Monitoring: references of the metrics and of the alerts."""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from dataflowxpress.api.status import Status
from dataflowxpress.telemetry import metrics
from dataflowxpress.telemetry.pipelines import Pipelines
from tools.website.links import ROOT
from tools.website.tables import code, table

INTRODUCTION = (
    "Generated from the collectors of the operator, which serves them at `/metrics`."
    " [Observability](../observability.md) describes the scrape, the dashboard and the logs."
)
_ALERTS = ROOT / "charts/dataflowxpress/files/alerts.yaml"
_SUFFIXES = {"counter": "_total", "info": "_info"}


class _Idle:
    """A work queue without work."""

    def depth(self) -> int:
        return 0

    active_workers = active_deletions = longest_wait = depth


def metrics_table() -> str:
    """Return the table of all metrics of the operator, with their labels."""
    rows = (
        [code(each.name + _SUFFIXES.get(each.type, "")), each.type, each.documentation]
        for each in sorted(_families(), key=lambda family: family.name)
    )
    return table(["metric", "type", "meaning"], rows)


def _families() -> Iterator[Metric]:
    pipelines = Pipelines()
    pipelines.observe("namespace", "name", Status(), compared=True)
    registry = CollectorRegistry()
    metrics.watch(_Idle(), pipelines, registry)
    found = {each.name: each for each in (*metrics.REGISTRY.collect(), *registry.collect())}
    yield from (each for name, each in found.items() if name.startswith("dataflowxpress_"))


def alert_sections() -> Iterator[str]:
    """Yield the introduction and a section for each group of alerts."""
    yield "Generated from the rules that the chart installs with `metrics.prometheusRule.enabled`."
    for group in yaml.safe_load(_ALERTS.read_text())["groups"]:
        rows = (
            [
                f"[{rule['alert']}](../{rule['annotations']['runbook_url'].removeprefix('docs/')})",
                rule["labels"]["severity"],
                rule.get("for", "at once"),
                rule["annotations"]["summary"].replace("{{ $labels.", "{{ "),
                code(" ".join(rule["expr"].split())),
            ]
            for rule in group["rules"]
        )
        head = ["alert", "severity", "after", "summary", "expression"]
        yield f"## {group['name']}\n\n{table(head, rows)}"
