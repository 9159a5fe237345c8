"""Polls of quiet data: they make few calls, and see what changes in time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dataflowxpress.dataplane.quiet import SELDOMEST
from tests.walks.conftest import NAMESPACE, Life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataflowxpress.api.status import Data, Status

POLLS = 24
MOST_CALLS = 5  # per pipeline and poll
SPEC = {"suspend": True, "deletionPolicy": "Delete"}  # nobody takes what the tests put


@pytest.fixture
def quiet(life: Life) -> Iterator[Life]:
    life.create(SPEC)
    life.converge()
    poll(life)
    yield life
    life.delete()
    life.end()


def poll(life: Life) -> Status:
    report = life.poll()
    assert report.success
    return report.status


def polls_until(life: Life, holds: Callable[[Status], bool]) -> int:
    """Return the number of polls until a status shows a change; seven without one fail."""
    for number in range(1, SELDOMEST + 1):
        if holds(poll(life)):
            return number
    pytest.fail(f"{SELDOMEST} polls have not seen it")


def data_of(status: Status) -> Data:
    assert status.data
    return status.data


def bucket_of(life: Life) -> str:
    (bucket,) = [each.key[0] for each in life.status.inventory if each.kind == "Bucket"]
    return bucket


@pytest.mark.extended
def test_polls_of_quiet_data_make_few_calls(quiet: Life) -> None:
    quiet.world.wire.restart()
    for _ in range(POLLS):
        poll(quiet)
    assert quiet.world.wire.writes == []
    assert len(quiet.world.wire.calls) / POLLS <= MOST_CALLS


@pytest.mark.extended
def test_the_next_poll_sees_an_upload_and_the_next_one_its_deletion(quiet: Life) -> None:
    s3, upload = quiet.world.admin("s3"), {"Bucket": bucket_of(quiet), "Key": "csv_data/a.csv"}
    s3.put_object(**upload, Body=b"a\n1\n")
    assert data_of(poll(quiet)).waiting == 1
    s3.delete_object(**upload)
    assert data_of(poll(quiet)).waiting == 0


def test_the_next_poll_sees_what_was_uploaded_and_converted_since_the_last_one(quiet: Life) -> None:
    s3, bucket = quiet.world.admin("s3"), bucket_of(quiet)
    for number in (1, 2):
        key = f"csv_data/{number}.csv"
        etag = s3.put_object(Bucket=bucket, Key=key, Body=b"a\n1\n")["ETag"].strip('"')
        entry = {"key": key, "etag": etag, "read": 1, "rows": 1, "rejected": 0, "reason": ""}
        s3.put_object(
            Bucket=bucket,
            Key=f"dataflowxpress/manifests/{number:010}.json",
            Body=json.dumps({"run": f"jr_{number}", "objects": [entry], "waiting": []}).encode(),
        )
        assert data_of(poll(quiet)).rows == number


@pytest.mark.extended
def test_a_few_polls_see_a_dead_letter(quiet: Life) -> None:
    sqs = quiet.world.admin("sqs")
    url = sqs.get_queue_url(QueueName=f"{NAMESPACE}-{quiet.name}-uploads-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    polls_until(quiet, lambda status: data_of(status).dead_letters == 1)


@pytest.mark.extended
def test_a_few_polls_see_a_crawl_that_a_user_starts(quiet: Life) -> None:
    quiet.world.admin("glue").start_crawler(Name=f"{NAMESPACE}-{quiet.name}")
    polls_until(quiet, lambda status: status.last_crawl is not None)


@pytest.mark.extended
def test_a_few_polls_see_a_request_to_reprocess_that_another_process_makes(quiet: Life) -> None:
    key = "dataflowxpress/requests/20260101T000000Z-00000000/csv_data/"
    quiet.world.admin("s3").put_object(Bucket=bucket_of(quiet), Key=key)
    polls_until(quiet, lambda status: not status.holds("DataCurrent"))


@pytest.mark.extended
def test_a_comparison_and_a_new_spec_read_everything(quiet: Life) -> None:
    sqs = quiet.world.admin("sqs")
    url = sqs.get_queue_url(QueueName=f"{NAMESPACE}-{quiet.name}-uploads-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert data_of(quiet.reconcile().status).dead_letters == 1
    sqs.purge_queue(QueueUrl=url)
    quiet.change({**SPEC, "tags": {"team": "a"}})
    assert data_of(poll(quiet)).dead_letters == 0


@pytest.mark.extended
def test_a_bucket_that_is_gone_is_not_taken_for_quiet(quiet: Life) -> None:
    bucket, s3 = bucket_of(quiet), quiet.world.admin("s3")
    for each in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=each["Key"])
    s3.delete_bucket(Bucket=bucket)
    report = quiet.poll()
    assert not report.success
    condition = report.status["DataCurrent"]
    assert condition
    assert condition.status == "Unknown"
    quiet.converge()
