"""Dashboard: the Grafana dashboard, generated from the panels below by `make dashboard`."""

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
    """A graph: title, unit, and queries by legend format."""

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
        "Ready condition",
        "short",
        {"{{status}} {{reason}}": f"count by (status, reason) ({_condition('Ready')})"},
    ),
    Panel(
        "Pipelines not ready",
        "short",
        {f"{SERIES}: {{{{reason}}}}": _condition("Ready", ', status!="True"')},
        "Run kubectl describe dp to see the cause.",
    ),
    Panel(
        "DataCurrent condition",
        "short",
        {"{{reason}}": f"count by (reason) ({_condition('DataCurrent')})"},
    ),
    Panel("Rows in Parquet", "short", {SERIES: _of_pipeline("rows")}),
    Panel("Rejected rows", "short", {SERIES: _of_pipeline("rejected_rows")}),
    Panel("Converted objects", "short", {SERIES: _of_pipeline("objects")}),
    Panel("Waiting uploads", "short", {SERIES: _of_pipeline("waiting_objects")}),
    Panel("Refused objects", "short", {SERIES: _of_pipeline("refused_objects")}),
    Panel("Dead letters", "short", {SERIES: _of_pipeline("dead_letters")}),
    Panel(
        "Time since the last successful run",
        "s",
        {SERIES: f"time() - {_of_pipeline('last_run_success_timestamp_seconds')}"},
    ),
    Panel(
        "Time since AWS last matched the spec",
        "s",
        {SERIES: f"time() - {_of_pipeline('last_converged_timestamp_seconds')}"},
        "Normally below spec.resyncInterval.",
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
        "DPU-hours of runs in a day",
        "short",
        {SERIES: f"increase({_of_pipeline('dpu_seconds_total')}[1d]) / 3600"},
        "Times the price of a DPU-hour: what the runs cost. AWS bills at least one minute each.",
    ),
    Panel(
        "AWS resources by state",
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
    Panel(
        "Reconciliation duration, 95th percentile",
        "s",
        {"{{task}}": _quantile(RECONCILIATION, "task")},
    ),
    Panel(
        "Work queue",
        "short",
        {
            "due": "sum(dataflowxpress_workqueue_depth)",
            "active workers": "sum(dataflowxpress_workqueue_active_workers)",
        },
    ),
    Panel(
        "Longest wait in the work queue",
        "s",
        {"longest wait": "max(dataflowxpress_workqueue_longest_wait_seconds)"},
    ),
    Panel(
        "AWS calls",
        "ops",
        {"{{service}}": f"sum by (service) (rate(dataflowxpress_aws_requests_total{RATE}))"},
    ),
    Panel(
        "AWS calls without success",
        "ops",
        {
            "{{service}} {{outcome}}": "sum by (service, outcome) "
            f'(rate(dataflowxpress_aws_requests_total{{outcome!="Success"}}{RATE}))'
        },
        "Missing is a normal result: the resource does not exist yet.",
    ),
    Panel(
        "Throttled AWS call attempts",
        "ops",
        {"{{service}}": f"sum by (service) (rate(dataflowxpress_aws_throttles_total{RATE}))"},
    ),
    Panel(
        "AWS call duration, 95th percentile",
        "s",
        {"{{service}}": _quantile("dataflowxpress_aws_request_duration_seconds", "service")},
    ),
    Panel(
        "Change events",
        "ops",
        {"{{outcome}}": f"sum by (outcome) (rate(dataflowxpress_change_events_total{RATE}))"},
        "Calls of CloudTrail that arrived. compared: a pipeline was compared because of one.",
    ),
    Panel(
        "Coverage by change events",
        "short",
        {
            "{{account}} {{region}}": "max by (account, region)"
            " (dataflowxpress_change_events_covered)"
        },
        "1: events arrive, and pipelines are compared rarely. 0: spec.resyncInterval applies.",
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
    """Return the dashboard in the format that Grafana imports."""
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
    grid = {"h": 1, "w": COLUMNS, "x": 0, "y": top}
    row = {"type": "row", "title": title, "gridPos": grid, "collapsed": False, "panels": []}
    return [row, *(_graph(panel, index, top + 1) for index, panel in enumerate(panels))]


def _graph(panel: Panel, index: int, top: int) -> dict[str, Any]:
    row, column = divmod(index, COLUMNS // WIDTH)
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
    """Return the content of the generated file."""
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
