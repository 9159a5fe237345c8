"""Start job: starts one job run for a batch of uploads, crawls that ended, and requests."""

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
import uploads
from settings import settings

from batch import Json, Progress, Timing, log, queue_url, sqs, start_once

ACTIVE = {"STARTING", "RUNNING", "STOPPING", "WAITING"}
NEWEST = 10  # runs: Glue does not document their order
COVERED = "dataflowxpress/covered.json"  # the job writes it at the end of a run that succeeded
LONGEST = 1000  # bytes


class Run:
    """A run of the job that *settings* name."""

    busy = "ConcurrentRunsExceededException"

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings
        self.needs_crawl = False  # there was neither a run nor a crawl

    def progress(self) -> Progress:
        """Return the progress of the job; a crawl before the first run counts as a run."""
        runs = _glue().get_job_runs(JobName=self.settings["JOB"], MaxResults=NEWEST)["JobRuns"]
        if not runs:
            return self._before_the_first()
        is_active = any(run["JobRunState"] in ACTIVE for run in runs)
        started = max(run["StartedOn"].timestamp() for run in runs)
        return Progress(is_active, started, 0 if is_active else self._covered(runs))

    def start(self) -> None:
        """Start a run, or first a crawl if the catalog cannot know any column."""
        if not self.needs_crawl:
            _glue().start_job_run(JobName=self.settings["JOB"])
            return
        body = {"source": "dataflowxpress", "reason": "first upload"}
        url = queue_url(self.settings["CRAWL_QUEUE"])
        sqs().send_message(QueueUrl=url, MessageBody=json.dumps(body))
        log("info", "crawl requested")

    def _before_the_first(self) -> Progress:
        if "CRAWLER" not in self.settings:
            return Progress()
        crawler = _glue().get_crawler(Name=self.settings["CRAWLER"])["Crawler"]
        self.needs_crawl = not crawler.get("LastCrawl")
        return Progress(is_active=crawler["State"] != "READY")

    def _covered(self, runs: list[Json]) -> float:
        """Return the time until which runs have seen all uploads.

        A custom script records none. It can list the objects at any time after its start.
        """
        if self.settings["KEEPS_MANIFESTS"] == "true":
            return self._recorded()
        done = (run for run in runs if run["JobRunState"] == "SUCCEEDED")
        return max((run["StartedOn"].timestamp() for run in done), default=0)

    def _recorded(self) -> float:
        """Return the time that the last successful run recorded."""
        place = {
            "Bucket": self.settings["BUCKET"],
            "ExpectedBucketOwner": self.settings["BUCKET_OWNER"],
        }
        try:
            content = _s3().get_object(**place, Key=COVERED)["Body"].read(LONGEST)
            until = float(json.loads(content)["until"])
        except _s3().exceptions.NoSuchKey:
            return 0
        except (ValueError, KeyError, TypeError):
            log("error", "malformed", key=COVERED)
            return 0
        return until if until <= time.time() else 0  # no run has seen the future


def handler(event: Json, _context: object) -> Json:
    """Handle a batch of S3 notifications, crawler events and requests from a queue."""
    return start_once(event, asked=asked, work=Run(settings()), timing=Timing.of(settings()))


def asked(body: Json, sent: float) -> float | None:
    """Return the time until which a run must have seen all; raises if the body is invalid."""
    if uploads.is_upload(body) or "detail-type" not in body:
        return uploads.asked(body, sent, settings())
    return uploads.ended(body)


@cache
def _glue() -> Any:
    return boto3.client("glue")


@cache
def _s3() -> Any:
    return boto3.client("s3")
