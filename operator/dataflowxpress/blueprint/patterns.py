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


def crawl_ended(crawler: Crawler, state: str) -> dict[str, Any]:
    """Return the pattern of the events in which *crawler* reaches *state*."""
    return {"source": ["aws.glue"], **_crawl(crawler, state)}


def notified(crawler: Crawler, job: Job, outcomes: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of the events to notify: *outcomes* of runs, and failed crawls."""
    run = {
        "detail-type": ["Glue Job State Change"],
        "detail": {
            "jobName": [job.name],
            "state": [RUN_STATES[outcome] for outcome in outcomes],
        },
    }
    if "Failed" not in outcomes:
        return {"source": ["aws.glue"], **run}
    return {"source": ["aws.glue"], "$or": [run, _crawl(crawler, "Failed")]}


def _crawl(crawler: Crawler, state: str) -> dict[str, Any]:
    return {
        "detail-type": ["Glue Crawler State Change"],
        "detail": {"crawlerName": [crawler.name], "state": [state]},
    }
