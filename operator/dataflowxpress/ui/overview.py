"""Overview: one pipeline as a row of the list. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.run_states import SUCCEEDED, is_active
from dataflowxpress.api.status import Status
from dataflowxpress.aws.prices import LISTED
from dataflowxpress.aws.usage import last_day
from dataflowxpress.reporting.health import decisive

LONGEST = 200  # characters of a message in a row

Json = dict[str, Any]


def row(pipeline: Pipeline) -> Json:
    """Return the row of a pipeline; None stands for a figure that the status does not have."""
    status, metadata = pipeline.status, pipeline.body["metadata"]
    health, condition = decisive(pipeline)
    current, data = status["DataCurrent"], status.data
    return {
        "id": pipeline.owner,
        "namespace": pipeline.namespace,
        "name": pipeline.name,
        "health": "deleting" if pipeline.is_deleting else health.value,
        "reason": condition.reason if condition else "",
        "message": shortened(condition.message if condition else NOT_REPORTED),
        "created": metadata.get("creationTimestamp", ""),
        "fresh": current.status if current else "Unknown",
        "freshReason": current.reason if current else "",
        "freshSince": current.last_transition_time if current else "",
        "converted": last_success(status),
        "running": any(is_active(run.state) for run in status.runs),
        "waiting": data.waiting if data else None,
        "deadLetters": data.dead_letters if data else None,
        "objects": data.objects if data else None,
        "rows": data.rows if data else None,
        "rejected": data.rejected if data else None,
        "drift": len(status.drift),
        "usd": usd(status, datetime.now(UTC)),
    }


NOT_REPORTED = "The operator has not reported on this version of the spec yet."


def usd(status: Status, now: datetime) -> float | None:
    """Return the list price of the runs and crawls of the last day; None if it is unknown."""
    if status.data is None:
        return None
    return round(LISTED.of_usage(last_day(status.usage, now)), 2)


def last_success(status: Status) -> str:
    """Return when the newest successful run ended, or an empty text."""
    return next((run.ended for run in status.runs if run.state == SUCCEEDED), "")


def shortened(text: str) -> str:
    """Return at most 200 characters of a message."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
