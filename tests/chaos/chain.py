"""Chain: a pipeline under chaos, and whether anything in it still moves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from dataflowxpress.api.annotations import REDRIVE_REQUESTED
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status
from tests.chaos.bucket import Bucket
from tests.e2e.conftest import User, holds

QUIET = 900.0  # seconds after the last fault in which everything must have come right
LIVE = {"STARTING", "RUNNING", "STOPPING", "WAITING"}
BADLY = {"FAILED", "TIMEOUT", "STOPPED"}


def is_converted(status: Status) -> bool:
    """Return whether all objects are converted, but for those that cannot be read."""
    found = status["DataCurrent"]
    is_left = found is not None and found.reason == Reason.OBJECTS_REFUSED
    return is_left or holds(status, "DataCurrent")


@dataclass(frozen=True)
class Chain:
    """A pipeline whose bucket, database, crawler and job have its own name."""

    user: User
    name: str
    format: str = "csv"
    table_format: str = "Parquet"

    def begin(self) -> None:
        """Make the pipeline and wait until it is ready."""
        name = self.name
        functions = {of: {"name": f"{name}-{of.lower()}"} for of in ("startCrawler", "startJob")}
        self.user.pipeline(
            name,
            source={"format": self.format},
            bucket={"name": name},
            catalog={"database": name},
            crawler={"name": name},
            job={"name": name, **({"glueVersion": "5.1"} if self.is_iceberg else {})},
            functions=functions,
            trigger={"batchWindowSeconds": 0},
            target={
                "format": self.table_format,
                "replacedFileRetentionMinutes": 0,  # for readers by path
            },
        )
        self.user.ready(name, 120)

    @property
    def is_iceberg(self) -> bool:
        """Whether the rows are in an Iceberg table."""
        return self.table_format == "Iceberg"

    def bury(self) -> None:
        """Put a message into the dead-letter queue of uploads, as if nobody could deal with it."""
        sqs, queue = self.user.aws("sqs"), f"default-{self.name}-uploads-dead"
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"source": "dataflowxpress"}))

    def revive(self) -> None:
        """Have the dead letters put back, as a user does after a fix."""
        asked = {"metadata": {"annotations": {REDRIVE_REQUESTED: str(time.time())}}}
        self.user.patch(self.name, asked)

    def quiet(self) -> Status:
        """Wait until nothing moves and all is said to be well; return the status."""
        found: list[Status] = []

        def is_quiet() -> bool:
            found[:] = [self.user.status(self.name)]
            return not self._loud(*found)

        self.wait(is_quiet, QUIET, "quiet", self._why)
        return found[0]

    def wait(
        self,
        until: Callable[[], bool],
        seconds: float,
        what: str,
        why: Callable[[], str] = lambda: "",
    ) -> None:
        """Wait until something is so; fail and say what was instead."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                pytest.fail(f"{self.name}: not {what} within {seconds:.0f} s. {why()}")
            time.sleep(0.5)

    def _why(self) -> str:
        status = self.user.status(self.name)
        return f"{self._loud(status)}; the status: {status.as_json()}"

    def _loud(self, status: Status) -> str:
        """Return what still goes on, or nothing; the status may not know of it yet."""
        checks: dict[str, Callable[[], bool]] = {
            "data is not current": lambda: not is_converted(status),
            "objects wait": lambda: bool(self.bucket.pending()),
            "the status is behind": lambda: not self._told(status),
            "the pipeline is not ready": lambda: not holds(status, "Ready"),
            "a crawl goes on": self.crawls,
            "a run goes on": self.running,
            "messages wait": lambda: bool(self._messages("")),
        }
        return next((what for what, is_so in checks.items() if is_so()), "")

    def _told(self, status: Status) -> bool:
        """Whether the status knows how the last run ended and what it has committed.

        It is some seconds old, or more where the operator was down.
        """
        entries = self.bucket.entries().values()
        converted = sum(bool(entry["write_layout"]) for entry in entries)
        is_so = converted, sum(entry["rows"] for entry in entries)
        message = status.data and (status.data.objects, status.data.rows)
        ended = [(run["Id"], run["JobRunState"]) for run in self.runs()[:1]]
        return message == is_so and [(run.id, run.state) for run in status.runs[:1]] == ended

    @property
    def bucket(self) -> Bucket:
        """What lies in its bucket."""
        return Bucket(self.user.aws("s3"), self.name)

    def crawls(self) -> bool:
        """Whether a crawl goes on."""
        found = self.user.aws("glue").get_crawler(Name=self.name)
        return bool(found["Crawler"]["State"] != "READY")

    def running(self) -> bool:
        """Whether a run goes on."""
        return any(run["JobRunState"] in LIVE for run in self.runs())

    def failed(self) -> int:
        """Count the runs that ended badly."""
        return sum(run["JobRunState"] in BADLY for run in self.runs())

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs; none where the pipeline has not come so far."""
        glue = self.user.aws("glue")
        try:
            found: list[dict[str, Any]] = glue.get_job_runs(JobName=self.name)["JobRuns"]
        except glue.exceptions.EntityNotFoundException:
            return []
        return found

    @property
    def hidden(self) -> int:
        """Messages that a dead Lambda has, and that come back in their time."""
        return self._messages("NotVisible") + self._messages("Delayed")

    def _messages(self, state: str) -> int:
        sqs, attribute = self.user.aws("sqs"), f"ApproximateNumberOfMessages{state}"
        urls = sqs.list_queues(QueueNamePrefix=f"default-{self.name}-").get("QueueUrls", ())
        asked = (sqs.get_queue_attributes(QueueUrl=u, AttributeNames=[attribute]) for u in urls)
        return sum(int(answer["Attributes"][attribute]) for answer in asked)
