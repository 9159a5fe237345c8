"""Start job: starts one job run for a batch of crawls that ended, or of uploads."""

from functools import cache
from typing import Any

import boto3
import uploads
from settings import settings

from batch import Json, is_recovery, start_once


def handler(event: Json, _context: object) -> Json:
    """Handle a batch of crawler events, S3 notifications and recovery messages from the queue."""
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
    if "PREFIX" in settings():  # a pipeline without a crawler: the queue has uploads
        return uploads.is_wanted(body, settings())
    if body["detail-type"] != "Glue Crawler State Change":
        raise ValueError(f"not a crawler event: {body['detail-type']}")
    # Glue fails a crawl as a whole for one object. The run converts the others.
    return body["detail"]["state"] in {"Succeeded", "Failed"}


@cache
def _glue() -> Any:
    return boto3.client("glue")
