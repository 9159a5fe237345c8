"""Trigger permissions: what functions, job and schedule need to start crawls and runs."""

from __future__ import annotations

from typing import Literal

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Crawler, Job, Queue
from dataflowxpress.aws.resources.grant import Grant, part

from .permissions import allow, owned, through

COVERED = f"{RESERVED_PREFIX}covered.json"  # the time until which the runs have seen all uploads


def to_start_crawler(spec: DataPipelineSpec, crawler: Crawler, bucket: Bucket) -> tuple[Grant, ...]:
    """Return the permissions to observe and start *crawler*, and to list uploads on a schedule."""
    starts = allow("glue:GetCrawler", "glue:StartCrawler", on=[part(crawler)])
    return starts, *(_to_list(bucket) if scheduled(spec, "crawl") else ())


def to_start_job(spec: DataPipelineSpec, job: Job, bucket: Bucket) -> tuple[Grant, ...]:
    """Return the permissions to observe and start *job*, and to read what its runs covered.

    Without the permission to list, S3 denies the read of an object that does not exist.
    """
    starts = allow("glue:GetJobRuns", "glue:StartJobRun", on=[part(job)])
    listing = _to_list(bucket) if scheduled(spec, "run") or spec.job.script.packaged else ()
    if not spec.job.script.packaged:
        return starts, *listing
    when = owned(bucket.scope)
    reads = allow("s3:GetObject", on=[part(bucket, f"/{COVERED}")], when=when)
    return starts, *listing, reads, *through("s3", bucket.scope, spec.bucket_key)


def to_request_crawls(crawler: Crawler, requests: Queue) -> tuple[Grant, ...]:
    """Return the permissions to observe *crawler*, and to request a crawl."""
    return (
        allow("glue:GetCrawler", on=[part(crawler)]),
        allow("sqs:SendMessage", on=[part(requests)]),
    )


def to_send(queue: Queue, dead_letters: Queue) -> Grant:
    """Return the permission of a schedule to send messages."""
    return allow("sqs:SendMessage", on=[part(queue), part(dead_letters)])


def scheduled(spec: DataPipelineSpec, starts: Literal["crawl", "run"]) -> bool:
    """Return whether a schedule starts crawls or runs."""
    return spec.trigger.schedule is not None and (spec.crawls == "Always") == (starts == "crawl")


def _to_list(bucket: Bucket) -> tuple[Grant, ...]:
    return (allow("s3:ListBucket", on=[part(bucket)], when=owned(bucket.scope)),)
