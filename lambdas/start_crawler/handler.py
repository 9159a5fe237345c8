"""Start crawler: starts one crawl for a batch of uploads or requests."""

from functools import cache
from typing import Any

import boto3
import uploads
from settings import settings

from batch import Json, Progress, Timing, start_once

ENDED = {"SUCCEEDED", "FAILED"}  # not CANCELLED: a cancelled crawl has no effect, and no run


class Crawl:
    """The crawl of the pipeline's crawler."""

    busy = "CrawlerRunningException"

    @staticmethod
    def progress() -> Progress:
        """Return the progress of the crawler; a crawl sees what was uploaded before its start."""
        crawler = _glue().get_crawler(Name=settings()["CRAWLER"])["Crawler"]
        last = crawler.get("LastCrawl") or {}
        started = last["StartTime"].timestamp() if "StartTime" in last else 0
        covered = started if last.get("Status") in ENDED else 0
        return Progress(crawler["State"] != "READY", started, covered)

    @staticmethod
    def start() -> None:
        """Start a crawl."""
        _glue().start_crawler(Name=settings()["CRAWLER"])


def handler(event: Json, _context: object) -> Json:
    """Handle a batch of S3 notifications, and of requests of the job, function or operator."""
    return start_once(
        event,
        asked=lambda body, sent: uploads.asked(body, sent, settings()),
        work=Crawl(),
        timing=Timing.of(settings()),
    )


@cache
def _glue() -> Any:
    return boto3.client("glue")
