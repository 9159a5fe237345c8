from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from dataflowxpress_sandbox.aws.serving import RunningAws

RECOVERY = {"source": "dataflowxpress", "reason": "look"}


@pytest.fixture
def queue(aws: RunningAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name, value in aws.environment("test", "test").items():
        monkeypatch.setenv(name, value)
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="lambdas", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(RECOVERY))
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    return {
        "url": url,
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "eventSourceARN": arn["Attributes"]["QueueArn"],
    }


def test_a_message_that_met_an_error_is_visible_again_after_the_retry_time(
    aws: RunningAws,
    queue: dict[str, Any],
    load: Callable[..., ModuleType],
) -> None:
    function = load("start_job", JOB="there-is-no-such-job", RETRY_SECONDS="1")

    answer = function.handler({"Records": [queue]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": queue["messageId"]}]}
    again = aws.client("sqs").receive_message(
        QueueUrl=queue["url"], WaitTimeSeconds=10
    )  # the queue's own timeout is 30 s
    assert [message["MessageId"] for message in again["Messages"]] == [queue["messageId"]]


def test_a_scheduled_start_sees_when_the_newest_object_was_uploaded(
    aws: RunningAws, monkeypatch: pytest.MonkeyPatch, load: Callable[..., ModuleType]
) -> None:
    for name, value in aws.environment("test", "test").items():
        monkeypatch.setenv(name, value)
    s3, bucket = aws.client("s3"), "scheduled-uploads"
    region = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=region)
    for key in ("in/b.csv", "in/a.csv", "out/later.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    newest = s3.head_object(Bucket=bucket, Key="in/a.csv")["LastModified"].timestamp()
    owner = aws.client("sts").get_caller_identity()["Account"]
    settings = {"BUCKET": bucket, "BUCKET_OWNER": owner, "PREFIX": "in/"}
    uploads = load("start_job").uploads

    asked = uploads.asked({"source": "dataflowxpress", "reason": "schedule"}, 0.0, settings)

    assert newest <= asked <= newest + 2 * uploads.CUT
