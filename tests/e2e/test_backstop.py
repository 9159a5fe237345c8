"""What no event tells of is found, set going by the queue that an upload uses, and told."""

from __future__ import annotations

from typing import Any

from dataflowxpress.core.status import Status
from tests.e2e.conftest import NAMESPACE, User, holds

PEOPLE = "name,age\nAda,36\nGrace,85\n"


def current(objects: int) -> Any:
    def check(status: Status) -> bool:
        data = status.data
        return data is not None and data.objects == objects and holds(status, "DataCurrent")

    return check


def told(user: User, name: str) -> set[str]:
    """Return the reasons of the pipeline's Events."""
    events = user.kind("Event", "v1").get(namespace=NAMESPACE).items
    return {event.reason for event in events if event.involvedObject.name == name}


def test_objects_from_before_the_pipeline_are_converted_without_another_upload(user: User) -> None:
    s3 = user.aws("s3")
    there = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="e2e-before", CreateBucketConfiguration=there)
    s3.put_object(Bucket="e2e-before", Key="csv_data/people.csv", Body=PEOPLE.encode())

    user.pipeline("before", bucket={"name": "e2e-before", "adopt": True})

    status = user.wait("before", current(1), 180, "converted")
    assert status.data
    assert status.data.rows == 2
    assert status.backstop is None, "forgotten once all is done"
    assert "ObjectsWaiting" in told(user, "before")
    user.gone("before")


def test_with_every_event_of_glue_lost_uploads_are_converted_all_the_same(user: User) -> None:
    user.pipeline("deaf", bucket={"name": "e2e-deaf"}, trigger={"batchWindowSeconds": 0})
    user.ready("deaf")
    user.aws("events").disable_rule(Name="default-deaf-crawled")

    people = PEOPLE.encode()
    user.aws("s3").put_object(Bucket="e2e-deaf", Key="csv_data/people.csv", Body=people)

    user.wait("deaf", current(1), 180, "converted")
    assert "RunMissing" in told(user, "deaf")
    user.gone("deaf")
