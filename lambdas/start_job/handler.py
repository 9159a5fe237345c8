"""Start job: starts one job run for a batch of crawls that succeeded."""

from functools import cache
from typing import Any

import boto3
from settings import settings

from batch import Json, is_recovery, start_once


def handler(event: Json, _context: object) -> Json:
    """Handle a batch of crawler events and recovery messages from the queue."""
    job = settings()["JOB"]
    return start_once(
        event,
        is_wanted=is_wanted,
        start=lambda: _glue().start_job_run(JobName=job),
        busy="ConcurrentRunsExceededException",
        retry_seconds=int(settings()["RETRY_SECONDS"]),
    )


def is_wanted(body: Json) -> bool:
    """Return whether a message requires a run; raises if its body is invalid."""
    if is_recovery(body):
        return True
    if body["detail-type"] != "Glue Crawler State Change":
        raise ValueError(f"not a crawler event: {body['detail-type']}")
    return bool(body["detail"]["state"] == "Succeeded")


@cache
def _glue() -> Any:
    return boto3.client("glue")
