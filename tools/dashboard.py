"""Dashboard: the panels from which `make dashboard` generates the Grafana dashboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).parents[1] / "charts/dataflowxpress/files/dashboard.json"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT, COLUMNS = 8, 7, 24
PIPELINE = 'namespace=~"$namespace", name=~"$name"'
SERIES = "{{namespace}}/{{name}}"
RATE = "[$__rate_interval]"


class Panel(NamedTuple):
    """A graph with its queries, by legend."""

    title: str
    unit: str
    queries: dict[str, str]
    about: str = ""


def _condition(kind: str, more: str = "") -> str:
    return f'dataflowxpress_pipeline_condition{{condition="{kind}"{more}, {PIPELINE}}}'


def _of_pipeline(name: str) -> str:
    return f"dataflowxpress_pipeline_{name}{{{PIPELINE}}}"


def _quantile(histogram: str, by: str) -> str:
    return f"histogram_quantile(0.95, sum by (le, {by}) (rate({histogram}_bucket{RATE})))"


RECONCILIATION = "dataflowxpress_reconciliation_duration_seconds"
PIPELINES = [
    Panel(
        "Ready",
        "short",
        {"{{status}} {{reason}}": f"count by (status, reason) ({_condition('Ready')})"},
    ),
    Panel(
        "Not ready",
        "short",
        {f"{SERIES}: {{{{reason}}}}": _condition("Ready", ', status!="True"')},
        "`kubectl describe dp` shows the reason",
    ),
    Panel("Data", "short", {"{{reason}}": f"count by (reason) ({_condition('DataCurrent')})"}),
    Panel("Rows in Parquet", "short", {SERIES: _of_pipeline("rows")}),
    Panel("Rejected rows", "short", {SERIES: _of_pipeline("rejected_rows")}),
    Panel("Converted objects", "short", {SERIES: _of_pipeline("objects")}),
    Panel("Waiting uploads", "short", {SERIES: _of_pipeline("waiting_objects")}),
    Panel("Dead letters", "short", {SERIES: _of_pipeline("dead_letters")}),
    Panel(
        "Time since the last successful run",
        "s",
        {SERIES: f"time() - {_of_pipeline('last_run_success_timestamp_seconds')}"},
    ),
    Panel(
        "Time since the last converged state",
        "s",
        {SERIES: f"time() - {_of_pipeline('last_converged_timestamp_seconds')}"},
        "Normally below resyncInterval",
    ),
    Panel(
        "Drift",
        "short",
        {
            f"detected {SERIES}": f"increase({_of_pipeline('drift_detected_total')}{RATE})",
            f"corrected {SERIES}": f"increase({_of_pipeline('drift_corrected_total')}{RATE})",
        },
    ),
    Panel(
        "Resources in AWS",
        "short",
        {"{{state}}": f"sum by (state) ({_of_pipeline('resources')})"},
    ),
]
OPERATOR = [
    Panel(
        "Reconciliations",
        "ops",
        {"{{task}} {{outcome}}": f"sum by (task, outcome) (rate({RECONCILIATION}_count{RATE}))"},
    ),
    Panel("Reconciliation, 95 %", "s", {"{{task}}": _quantile(RECONCILIATION, "task")}),
    Panel(
        "Work queue",
        "short",
        {
            "due": "sum(dataflowxpress_workqueue_depth)",
            "active workers": "sum(dataflowxpress_workqueue_active_workers)",
        },
    ),
    Panel("Longest wait", "s", {"longest": "max(dataflowxpress_workqueue_longest_wait_seconds)"}),
    Panel(
        "Calls to AWS",
        "ops",
        {"{{service}}": f"sum by (service) (rate(dataflowxpress_aws_requests_total{RATE}))"},
    ),
    Panel(
        "Failed calls to AWS",
        "ops",
        {
            "{{service}} {{outcome}}": "sum by (service, outcome) "
            f'(rate(dataflowxpress_aws_requests_total{{outcome!="Success"}}{RATE}))'
        },
        "The outcome Missing is normal for resources that do not exist yet",
    ),
    Panel(
        "Throttled attempts",
        "ops",
        {"{{service}}": f"sum by (service) (rate(dataflowxpress_aws_throttles_total{RATE}))"},
    ),
    Panel(
        "Calls to AWS, 95 %",
        "s",
        {"{{service}}": _quantile("dataflowxpress_aws_request_duration_seconds", "service")},
    ),
    Panel(
        "Memory",
        "bytes",
        {
            "{{instance}}": "process_resident_memory_bytes"
            " and on (job, instance) dataflowxpress_build_info"
        },
    ),
]


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    panels = [*_row("Pipelines", PIPELINES, 0), *_row("Operator", OPERATOR, 100)]
    return {
        "title": "DataFlowXpress",
        "uid": "dataflowxpress",
        "tags": ["dataflowxpress"],
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [_datasource(), _variable("namespace"), _variable("name")]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, start=1)],
    }


def _row(title: str, panels: list[Panel], top: int) -> list[dict[str, Any]]:
    position = {"h": 1, "w": COLUMNS, "x": 0, "y": top}
    row = {"type": "row", "title": title, "gridPos": position, "collapsed": False, "panels": []}
    return [row, *(_graph(panel, place, top + 1) for place, panel in enumerate(panels))]


def _graph(panel: Panel, place: int, top: int) -> dict[str, Any]:
    row, column = divmod(place, COLUMNS // WIDTH)
    position = {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": top + row * HEIGHT}
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": position,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + n), "expr": query, "legendFormat": name, "datasource": SOURCE}
            for n, (name, query) in enumerate(panel.queries.items())
        ],
    }


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
    }


def _variable(label: str) -> dict[str, Any]:
    return {
        "name": label,
        "label": {"namespace": "Namespace", "name": "Pipeline"}[label],
        "type": "query",
        "datasource": SOURCE,
        "query": f"label_values(dataflowxpress_pipeline_condition, {label})",
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "refresh": 2,
        "current": {"text": "All", "value": "$__all"},
    }


def text() -> str:
    """Return the dashboard as JSON text."""
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
