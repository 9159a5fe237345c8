"""Encrypted queues, topics and log groups refuse who cannot use their keys, as on AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import allow, policy, unique

if TYPE_CHECKING:
    from tests.sandbox.aws.conftest import Place

ACCOUNT = {"Principal": {"AWS": "arn:aws:iam::000000000000:root"}, **allow("kms:*")}
USES = allow("kms:Decrypt", "kms:GenerateDataKey*")


def make_key(place: Place, *services: str) -> str:
    admitted = [{"Principal": {"Service": list(services)}, **USES}] if services else []
    made = place.aws.client("kms").create_key(Policy=policy(ACCOUNT, *admitted))
    return str(made["KeyMetadata"]["Arn"])


def make_queue(place: Place, key: str, sender: str) -> tuple[str, str]:
    """Return URL and ARN of an encrypted queue that admits *sender*."""
    admitted = {**allow("sqs:SendMessage"), "Principal": {"Service": sender}}
    attributes = {"KmsMasterKeyId": key, "Policy": policy(admitted)}
    sqs = place.aws.client("sqs")
    url = sqs.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
    have = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, have["Attributes"]["QueueArn"]


def notify(place: Place, arn: str) -> None:
    place.aws.client("s3").put_bucket_notification_configuration(
        Bucket=place.name,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )


def received(place: Place, url: str) -> list[Any]:
    answer = place.aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)
    return [json.loads(each["Body"]) for each in answer.get("Messages", [])]


def test_s3_rejects_a_notification_to_a_queue_whose_key_does_not_admit_it(place: Place) -> None:
    _, arn = make_queue(place, make_key(place), "s3.amazonaws.com")
    with pytest.raises(ClientError, match="Unable to validate the following destination"):
        notify(place, arn)
    _, arn = make_queue(place, make_key(place, "s3.amazonaws.com"), "s3.amazonaws.com")
    notify(place, arn)


def test_eventbridge_drops_an_event_for_a_queue_whose_key_does_not_admit_it(
    place: Place, eventually: Callable[..., Any]
) -> None:
    events, service = place.aws.client("events"), "events.amazonaws.com"
    lost, lost_arn = make_queue(place, make_key(place), service)
    kept, kept_arn = make_queue(place, make_key(place, service), service)
    events.put_rule(Name=place.name, EventPattern=json.dumps({"source": [place.name]}))
    targets = [{"Id": str(i), "Arn": arn} for i, arn in enumerate((lost_arn, kept_arn))]
    events.put_targets(Rule=place.name, Targets=targets)
    entry = {"Source": place.name, "DetailType": "any", "Detail": "{}"}
    events.put_events(Entries=[entry])
    assert eventually(lambda: received(place, kept))
    assert received(place, lost) == []


def test_a_log_group_gets_no_key_that_does_not_admit_cloudwatch_logs(place: Place) -> None:
    logs, name = place.aws.client("logs"), f"/{place.name}"
    alien, own = make_key(place), make_key(place, "logs.eu-west-1.amazonaws.com")
    with pytest.raises(ClientError, match="not allowed to be used"):
        logs.create_log_group(logGroupName=name, kmsKeyId=alien)
    logs.create_log_group(logGroupName=name, kmsKeyId=own)
    with pytest.raises(ClientError, match="not allowed to be used"):
        logs.associate_kms_key(logGroupName=name, kmsKeyId=alien)
    assert group(logs, name)["kmsKeyId"] == own
    logs.disassociate_kms_key(logGroupName=name)
    assert "kmsKeyId" not in group(logs, name)


def group(logs: Any, name: str) -> Any:
    [found] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return found


def test_a_queue_has_a_key_of_sqs_or_one_of_the_customer(place: Place) -> None:
    sqs = place.aws.client("sqs")
    key = make_key(place)
    url, _ = make_queue(place, key, "s3.amazonaws.com")
    both = {"SqsManagedSseEnabled": "true", "KmsMasterKeyId": key}
    with pytest.raises(ClientError, match="one type of server-side encryption"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=both)
    managed = {"SqsManagedSseEnabled": "true", "KmsMasterKeyId": ""}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=managed)
    have = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert have["SqsManagedSseEnabled"] == "true"
    assert "KmsMasterKeyId" not in have


def test_a_user_without_the_key_can_neither_send_nor_receive(place: Place) -> None:
    url, arn = make_queue(place, make_key(place), "s3.amazonaws.com")
    iam, user = place.aws.client("iam"), unique("user")
    iam.create_user(UserName=user)
    document = policy(allow("sqs:*", resource=arn))
    iam.put_user_policy(UserName=user, PolicyName="queue", PolicyDocument=document)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    sqs = place.aws.client(
        "sqs", place.aws.environment(made["AccessKeyId"], made["SecretAccessKey"])
    )
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        sqs.send_message(QueueUrl=url, MessageBody="{}")
    with pytest.raises(ClientError, match="kms:Decrypt"):
        sqs.receive_message(QueueUrl=url)
