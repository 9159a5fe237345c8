"""Detail: one pipeline in sections, each of which the page renders by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.status import Condition, Drift, Run
from dataflowxpress.reporting.health import decisive, fix_of, health_of, meaning_of

from .flow import flow
from .overview import NOT_REPORTED, Json, row

ARROW = " -> "


def sections(pipeline: Pipeline, events: Iterable[Mapping[str, Any]]) -> Json:
    """Return the sections of the page of a pipeline, by name."""
    status = pipeline.status
    _, condition = decisive(pipeline)
    return {
        "row": row(pipeline),
        "headline": {
            "message": condition.message if condition else NOT_REPORTED,
            "fix": fix_of(condition.reason) if condition else "",
            "since": condition.last_transition_time if condition else "",
        },
        "facts": facts(pipeline),
        "flow": flow(pipeline),
        "conditions": [condition_of(each) for each in status.conditions],
        "runs": [run_of(each) for each in status.runs],
        "drift": [drift_of(each) for each in status.drift],
        "refused": [
            each.model_dump() for each in (status.data.refused_objects if status.data else ())
        ],
        "tables": [
            each.model_dump(by_alias=True) for each in (status.data.tables if status.data else ())
        ],
        "recovery": status.recovery.model_dump(by_alias=True) if status.recovery else None,
        "events": [event_of(each) for each in events],
    }


def facts(pipeline: Pipeline) -> Json:
    """Return what the spec and the status say of the pipeline as a whole."""
    spec, status = pipeline.body.get("spec") or {}, pipeline.status
    bucket = next((each.name for each in status.resources if each.kind == "Bucket"), "")
    database = next((each.name for each in status.resources if each.kind == "Database"), "")
    source, target = spec.get("source") or {}, spec.get("target") or {}
    return {
        "bucket": bucket,
        "database": database,
        "source": source.get("prefix", ""),
        "format": source.get("format", ""),
        "target": target.get("prefix", ""),
        "driftPolicy": spec.get("driftPolicy", ""),
        "suspended": bool(spec.get("suspend")),
        "generation": pipeline.generation,
        "observed": status.observed_generation,
        "compared": status.last_compared_at,
        "resources": len(status.resources),
        "refused": status.data.refused if status.data else None,
        "tables": status.data.table_count if status.data else None,
    }


def condition_of(condition: Condition) -> Json:
    """Return a condition with its meaning and fix."""
    return {
        "type": condition.type,
        "status": condition.status,
        "health": health_of(condition).value,
        "reason": condition.reason,
        "message": condition.message,
        "since": condition.last_transition_time,
        "meaning": meaning_of(condition.reason),
        "fix": fix_of(condition.reason),
    }


def run_of(run: Run) -> Json:
    """Return a run for the chart and the table."""
    outcome = (
        "failed" if is_failed(run.state) else "active" if is_active(run.state) else "succeeded"
    )
    return {**run.model_dump(by_alias=True), "outcome": outcome, "ended": run.ended}


def drift_of(drift: Drift) -> Json:
    """Return the differences of a resource, each as a path with an old and a new value."""
    changes = [change_of(each) for each in drift.changes]
    return {
        "resource": drift.resource,
        "action": drift.action,
        "since": drift.since,
        "changes": changes,
    }


def change_of(text: str) -> Json:
    """Split `path: old -> new`; an ambiguous text stays whole."""
    path, colon, values = text.partition(": ")
    if not colon or values.count(ARROW) != 1:
        return {"text": text}
    old, _, new = values.partition(ARROW)
    return {"path": path, "old": old, "new": new}


def event_of(event: Mapping[str, Any]) -> Json:
    """Return a Kubernetes Event: type, reason, message, count and last time."""
    at = event.get("lastTimestamp") or event.get("eventTime") or event.get("firstTimestamp") or ""
    return {
        "id": event["metadata"]["uid"],
        "type": event.get("type", ""),
        "reason": event.get("reason", ""),
        "message": event.get("message", ""),
        "count": event.get("count") or 1,
        "at": at,
    }
