"""What starts crawls and runs: each is counted, because each is billed."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.e2e.conftest import User, holds

NAME, BUCKET = "triggers", "e2e-triggers"
INTERVAL = 20  # seconds between two runs; a run takes five
CRAWLS = "Running Start Crawl"  # Glue writes it once for each crawl


pytestmark = pytest.mark.long


def upload(user: User, key: str, text: str, bucket: str = BUCKET) -> None:
    user.aws("s3").put_object(Bucket=bucket, Key=f"csv_data/{key}", Body=text.encode())


def crawls(user: User, name: str = NAME) -> int:
    logs = user.aws("logs")
    try:
        events = logs.get_log_events(
            logGroupName="/aws-glue/crawlers", logStreamName=f"default-{name}", startFromHead=True
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return 0
    return sum(CRAWLS in event["message"] for event in events)


def job_runs(user: User, name: str = NAME) -> list[Any]:
    """Return the runs of a pipeline, as Glue describes them."""
    pages = user.aws("glue").get_paginator("get_job_runs").paginate(JobName=f"default-{name}")
    return [run for page in pages for run in page["JobRuns"]]


def runs(user: User, name: str = NAME) -> int:
    return len(job_runs(user, name))


def has_run(user: User, name: str) -> bool:
    """Return whether a run has ended; the status of the pipeline shows that later."""
    return any(run["JobRunState"] == "SUCCEEDED" for run in job_runs(user, name))


def waiting_messages(user: User, name: str = NAME) -> int:
    """Return the messages in the queues that lead to a run or a crawl."""
    sqs, names = user.aws("sqs"), ("uploads", "crawls", "crawl-requests")
    wanted = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    found = [
        sqs.get_queue_attributes(
            QueueUrl=sqs.get_queue_url(QueueName=f"default-{name}-{each}")["QueueUrl"],
            AttributeNames=wanted,
        )["Attributes"]
        for each in names
    ]
    return sum(int(each[name]) for each in found for name in wanted)


def rows(count: int) -> Callable[[Status], bool]:
    def check(status: Status) -> bool:
        data = status.data
        return data is not None and data.rows == count and holds(status, "DataCurrent")

    return check


def is_running(user: User, name: str = NAME) -> bool:
    """Return whether a run is active; it converts uploads until its end."""
    return any("CompletedOn" not in run for run in job_runs(user, name))


def settle(user: User, name: str = NAME) -> None:
    """Wait until no run is active, and no message is left that could start anything."""

    def is_settled(_: Status) -> bool:
        return not (waiting_messages(user, name) or is_running(user, name))

    user.wait(name, is_settled, 120, "settled")


@pytest.fixture(scope="module")
def first(user: User) -> tuple[int, int]:
    """Make a pipeline and convert its first upload; return its crawls and runs."""
    user.pipeline(NAME, bucket={"name": BUCKET}, trigger={"batchWindowSeconds": 0})
    user.ready(NAME)
    upload(user, "first.csv", "n\n1\n")
    user.wait(NAME, rows(1), 120, "converted")
    settle(user)
    return crawls(user), runs(user)


@pytest.fixture
def flow(first: tuple[int, int]) -> str:
    """A pipeline that has converted its first upload."""
    assert first
    return NAME


def test_the_first_upload_is_one_crawl_and_one_run(first: tuple[int, int]) -> None:
    assert first == (1, 1)


def test_three_uploads_at_once_are_one_run_and_none_without_work(user: User, flow: str) -> None:
    before = runs(user), crawls(user)
    total = user.status(flow).data
    assert total
    assert total.rows
    for number in range(3):
        upload(user, f"burst-{number}.csv", f"n\n{number}\n")
    user.wait(flow, rows(total.rows + 3), 120, "converted")
    settle(user)
    assert (runs(user), crawls(user)) == (before[0] + 1, before[1])


@pytest.mark.parametrize(
    ("number", "pause"),
    [
        pytest.param(15, 0.2, id="for some seconds"),
        pytest.param(
            *(600, 1.0),
            id="for ten minutes",
            marks=[pytest.mark.extended, pytest.mark.timeout(1800)],
        ),
    ],
)
def test_a_stream_of_known_columns_makes_no_crawl_and_runs_never_overlap(
    user: User, flow: str, number: int, pause: float
) -> None:
    before, known = runs(user), crawls(user)
    total = user.status(flow).data
    assert total
    assert total.rows
    began = time.monotonic()
    for each in range(number):
        upload(user, f"stream-{number}-{each}.csv", f"n\n{each}\n")
        time.sleep(max(0, began + pause * (each + 1) - time.monotonic()))  # the rate of a user
    user.wait(flow, rows(total.rows + number), 600, "converted")
    settle(user)
    assert crawls(user) == known
    new = sorted(job_runs(user), key=lambda run: run["StartedOn"])[before:]
    assert {run["JobRunState"] for run in new} == {"SUCCEEDED"}
    assert all(early["CompletedOn"] <= late["StartedOn"] for early, late in pairwise(new))
    listed = user.aws("s3").list_objects_v2(Bucket=BUCKET, Prefix="dataflowxpress/runs/")
    summaries = {each["Key"].rpartition("/")[2] for each in listed["Contents"]}
    assert {f"{run['Id']}.json" for run in new} <= summaries  # none without work


def test_a_new_column_is_one_crawl_and_is_converted(user: User, flow: str) -> None:
    known = crawls(user)
    total = user.status(flow).data
    assert total
    assert total.rows
    upload(user, "more.csv", "n,more\n1,2\n")
    status = user.wait(flow, rows(total.rows + 1), 120, "converted")
    settle(user)
    assert crawls(user) == known + 1
    assert status.last_crawl
    assert status.last_crawl.state == "Succeeded"
    table = user.aws("glue").get_table(DatabaseName="default_triggers", Name="csv_data")["Table"]
    found = {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}
    assert found == {"n": "bigint", "more": "bigint"}


@pytest.mark.extended
def test_always_crawls_for_each_batch(user: User) -> None:
    spec: dict[str, Any] = {"crawler": {"when": "Always"}, "trigger": {"batchWindowSeconds": 0}}
    user.pipeline("always", bucket={"name": "e2e-always"}, **spec)
    user.ready("always")
    for number in range(2):
        upload(user, f"{number}.csv", "n\n1\n", "e2e-always")
        user.wait("always", rows(number + 1), 120, "converted")
    assert crawls(user, "always") == 2
    user.gone("always")


def test_uploads_wait_for_the_schedule_and_an_occurrence_without_uploads_starts_nothing(
    user: User,
) -> None:
    trigger = {"onUpload": False, "schedule": "cron(0 6 * * ? *)", "timeZone": "Europe/Berlin"}
    user.pipeline("nightly", bucket={"name": "e2e-nightly"}, trigger=trigger)
    user.ready("nightly")
    upload(user, "a.csv", "n\n1\n", "e2e-nightly")
    status = user.wait("nightly", says_waiting, 60, "waiting for the schedule")
    assert status.recovery is None
    assert runs(user, "nightly") == crawls(user, "nightly") == 0

    port = user.cloud.port
    sandbox_aws.advance(port, 24 * 3600)
    user.wait("nightly", rows(1), 120, "converted")
    assert (runs(user, "nightly"), crawls(user, "nightly")) == (1, 1)

    sandbox_aws.advance(port, 24 * 3600)
    settle(user, "nightly")
    assert runs(user, "nightly") == 1
    user.gone("nightly")


def says_waiting(status: Status) -> bool:
    condition = status["DataCurrent"]
    return (
        condition is not None
        and "waits for the schedule cron(0 6 * * ? *), Europe/Berlin" in condition.message
    )


def test_the_interval_bounds_the_runs_of_a_busy_prefix(user: User) -> None:
    trigger = {"batchWindowSeconds": 0, "minIntervalSeconds": INTERVAL}
    user.pipeline("bounded", bucket={"name": "e2e-bounded"}, trigger=trigger)
    user.ready("bounded")
    upload(user, "0.csv", "n\n1\n", "e2e-bounded")
    user.wait("bounded", lambda _: has_run(user, "bounded"), 120, "through with its first run")
    for number in (1, 2):
        upload(user, f"{number}.csv", "n\n1\n", "e2e-bounded")
    user.wait("bounded", rows(3), 120, "converted")
    started = sorted(run["StartedOn"] for run in job_runs(user, "bounded"))
    gaps = [(late - early).total_seconds() for early, late in pairwise(started)]
    assert len(started) == 2
    assert min(gaps) >= INTERVAL
    user.gone("bounded")
