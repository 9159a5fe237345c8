"""Work without an event: the operator finds it, triggers it by the queue, and reports it."""

from __future__ import annotations

import json
from typing import Any

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.aws import mail
from tests.e2e.conftest import NAMESPACE, User, holds

PEOPLE = "name,age\nAda,36\nGrace,85\n"


def current(objects: int) -> Any:
    def check(status: Status) -> bool:
        data = status.data
        return data is not None and data.objects == objects and holds(status, "DataCurrent")

    return check


def reported(user: User, name: str) -> set[str]:
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
    assert status.recovery is None, "forgotten once all is done"
    assert "ObjectsWaiting" in reported(user, "before")
    user.gone("before")


def test_with_every_event_of_glue_lost_uploads_are_converted_all_the_same(user: User) -> None:
    user.pipeline("deaf", bucket={"name": "e2e-deaf"}, trigger={"batchWindowSeconds": 0})
    user.ready("deaf")
    user.aws("events").disable_rule(Name="default-deaf-crawled")

    people = PEOPLE.encode()
    user.aws("s3").put_object(Bucket="e2e-deaf", Key="csv_data/people.csv", Body=people)

    user.wait("deaf", current(1), 180, "converted")
    assert "RunMissing" in reported(user, "deaf")
    user.gone("deaf")


def test_a_run_that_failed_is_reported_by_mail_and_repeated_until_its_cause_is_gone(
    user: User,
) -> None:
    reader = "failures@example.com"
    user.pipeline(
        "failing",
        bucket={"name": "e2e-failing"},
        trigger={"batchWindowSeconds": 0},
        notifications={"emails": [reader], "outcomes": ["Failed"]},
    )
    user.ready("failing")
    mail.confirm(user.directory, reader)
    role = {"RoleName": "default-failing-glue", "PolicyName": "denied"}
    commit = "arn:aws:s3:::e2e-failing/dataflowxpress/manifests/*"
    denial = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": commit}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    user.aws("iam").put_role_policy(**role, PolicyDocument=document)

    people = PEOPLE.encode()
    user.aws("s3").put_object(Bucket="e2e-failing", Key="csv_data/people.csv", Body=people)

    failure = user.mail(reader, "Job run failed: default/failing")
    lines = failure.text.splitlines()
    assert any(line.startswith("Error: ") and "AccessDenied" in line for line in lines)
    assert "Objects waiting: 1" in lines
    [where] = [line for line in lines if line.startswith("Logs: ")]
    group, run = "/aws-glue/jobs/default-failing/error", where.rpartition(" ")[2]
    assert f" and {group}, " in where
    streams = user.aws("logs").describe_log_streams(logGroupName=group, logStreamNamePrefix=run)
    assert streams["logStreams"], where  # where the mail sends the reader, there are lines

    user.aws("iam").delete_role_policy(**role)
    user.wait("failing", current(1), 240, "repeated and converted")
    assert not [m for m in mail.mails(user.directory) if reader in m.to and "SUCCEEDED" in m.text]
    user.gone("failing")
