"""Events: Glue's state changes on the default event bus, in the documented schemas of AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import eventbridge

_SEVERITY = {"FAILED": "ERROR", "TIMEOUT": "WARN"}


def job_state_changed(job: str, run: str, state: str, message: str) -> None:
    """Send the event of a completed job run: SUCCEEDED, FAILED, TIMEOUT or STOPPED."""
    detail = {
        "jobName": job,
        "severity": _SEVERITY.get(state, "INFO"),
        "state": state,
        "jobRunId": run,
        "message": message,
    }
    _emit("Glue Job State Change", detail)


def crawler_started(crawler: str) -> None:
    """Send the event of a started crawl."""
    detail = {"startTime": _now(), "state": "Started", "message": "Crawler Started"}
    _emit("Glue Crawler State Change", {**_crawler(crawler), **detail})


def crawler_succeeded(crawler: str, seconds: float, created: int, updated: int) -> None:
    """Send the event of a successful crawl, with its changes to the catalog."""
    detail = {
        "tablesCreated": str(created),
        "tablesUpdated": str(updated),
        "tablesDeleted": "0",
        "partitionsCreated": "0",
        "partitionsUpdated": "0",
        "partitionsDeleted": "0",
        "warningMessage": "N/A",
        "runningTime (sec)": str(round(seconds)),
        "completionDate": _now(),
        "cloudWatchLogLink": _LOG_LINK,
        "state": "Succeeded",
        "message": "Crawler Succeeded",
    }
    _emit("Glue Crawler State Change", {**_crawler(crawler), **detail})


def crawler_failed(crawler: str, error: str) -> None:
    """Send the event of a failed crawl, with its error."""
    detail = {"errorMessage": error, "cloudWatchLogLink": _LOG_LINK, "state": "Failed"}
    _emit("Glue Crawler State Change", {**_crawler(crawler), **detail, "message": "Crawler Failed"})


_LOG_LINK = "https://console.aws.amazon.com/cloudwatch/home"


def _crawler(name: str) -> dict[str, str]:
    return {"accountId": get_account_id(), "crawlerName": name}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _emit(kind: str, detail: dict[str, Any]) -> None:
    entry = {"Source": "aws.glue", "DetailType": kind, "Detail": json.dumps(detail)}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
