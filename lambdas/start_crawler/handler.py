"""Start crawler: starts one crawl for a batch of uploads."""

from functools import cache
from typing import Any
from urllib.parse import unquote_plus

import boto3
from settings import settings

from batch import Json, is_recovery, start_once


def handler(event: Json, _context: object) -> Json:
    """Handle a batch of S3 notifications and recovery messages from the queue."""
    crawler = settings()["CRAWLER"]
    return start_once(
        event,
        is_wanted=lambda body: is_wanted(
            body,
            bucket=settings()["BUCKET"],
            prefix=settings()["PREFIX"],
            suffix=settings().get("SUFFIX", ""),
        ),
        start=lambda: _glue().start_crawler(Name=crawler),
        busy="CrawlerRunningException",
        retry_seconds=int(settings()["RETRY_SECONDS"]),
    )


def is_wanted(body: Json, *, bucket: str, prefix: str, suffix: str) -> bool:
    """Return whether a message requires a crawl; raises if its body is invalid."""
    if is_recovery(body):
        return True
    if body.get("Event") == "s3:TestEvent":
        return False
    return any(
        record["s3"]["bucket"]["name"] == bucket
        and _is_source(unquote_plus(record["s3"]["object"]["key"]), prefix, suffix)
        for record in body["Records"]
    )


def _is_source(key: str, prefix: str, suffix: str) -> bool:
    is_folder = key.endswith("/")
    return not is_folder and key.startswith(prefix) and key.endswith(suffix)


@cache
def _glue() -> Any:
    return boto3.client("glue")
