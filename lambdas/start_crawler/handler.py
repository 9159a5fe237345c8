"""Start crawler: starts one crawl for a batch of uploads."""

from functools import cache
from typing import Any

import boto3
from settings import settings
from uploads import is_wanted

from batch import Json, start_once


def handler(event: Json, _context: object) -> Json:
    """Handle a batch of S3 notifications and recovery messages from the queue."""
    crawler = settings()["CRAWLER"]
    return start_once(
        event,
        is_wanted=lambda body: is_wanted(body, settings()),
        start=lambda: _glue().start_crawler(Name=crawler),
        busy="CrawlerRunningException",
        retry_seconds=int(settings()["RETRY_SECONDS"]),
    )


@cache
def _glue() -> Any:
    return boto3.client("glue")
