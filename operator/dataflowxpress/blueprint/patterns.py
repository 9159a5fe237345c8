"""Patterns: EventBridge patterns of the Glue events that a pipeline handles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dataflowxpress.api.run_states import ACTIVE, SUCCEEDED
from dataflowxpress.aws.resources import Crawler, Job

RUN_STATES: dict[str, Any] = {
    "Succeeded": SUCCEEDED,
    # Also a state that Glue adds later.
    "Failed": {"anything-but": sorted({SUCCEEDED, *ACTIVE})},
}


def crawl_ended(crawler: Crawler) -> dict[str, Any]:
    """Return the pattern of the events that end a crawl, also a failed one.

    One object can fail each crawl. The job converts what the catalog knows without it.
    """
    return {"source": ["aws.glue"], **_crawl(crawler, "Succeeded", "Failed")}


def notified(crawler: Crawler | None, job: Job, outcomes: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of the events to notify: *outcomes* of runs, and failed crawls."""
    run = {
        "detail-type": ["Glue Job State Change"],
        "detail": {
            "jobName": [job.name],
            "state": [RUN_STATES[outcome] for outcome in outcomes],
        },
    }
    if crawler is None or "Failed" not in outcomes:
        return {"source": ["aws.glue"], **run}
    return {"source": ["aws.glue"], "$or": [run, _crawl(crawler, "Failed")]}


def _crawl(crawler: Crawler, *states: str) -> dict[str, Any]:
    return {
        "detail-type": ["Glue Crawler State Change"],
        "detail": {"crawlerName": [crawler.name], "state": list(states)},
    }
