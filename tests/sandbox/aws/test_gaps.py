"""What AWS does and ministack alone does not, as far as a pipeline relies on it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from urllib import parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.parsers import QueryParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.aws.conftest import Place


@pytest.fixture
def queue(place: Place) -> str:
    """A queue that every bucket may send to."""
    sqs = place.aws.client("sqs")
    url = sqs.create_queue(QueueName=place.name, tags={"of": place.name})["QueueUrl"]
    arn: str = f"arn:aws:sqs:eu-west-1:000000000000:{place.name}"
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


def rule(queue: str, event: str, prefix: str, suffix: str = "") -> dict[str, Any]:
    names = {"prefix": prefix, "suffix": suffix}
    filters = [{"Name": name, "Value": value} for name, value in names.items() if value]
    return {
        "QueueArn": queue,
        "Events": [f"s3:ObjectCreated:{event}"],
        "Filter": {"Key": {"FilterRules": filters}},
    }


OVERLAPS = {
    "the same prefix": (("*", "a/"), ("*", "a/"), True),
    "a prefix in another": (("*", "a/"), ("Put", "a/b/"), True),
    "other prefixes": (("*", "a/"), ("*", "b/"), False),
    "other events": (("Put", "a/"), ("Copy", "a/"), False),
    "other suffixes": (("*", "a/", ".csv"), ("*", "a/", ".json"), False),
}


@pytest.mark.parametrize(("one", "other", "refused"), OVERLAPS.values(), ids=OVERLAPS.keys())
def test_two_notifications_of_one_upload_are_refused(
    place: Place, queue: str, one: tuple[str, ...], other: tuple[str, ...], refused: bool
) -> None:
    rules = {"QueueConfigurations": [rule(queue, *one), rule(queue, *other)]}
    answer = pytest.raises(ClientError, match="ambiguously") if refused else nullcontext()
    with answer:
        place.aws.client("s3").put_bucket_notification_configuration(
            Bucket=place.name, NotificationConfiguration=rules
        )


def test_only_an_encoded_filter_matches_a_key_with_special_characters(
    place: Place, queue: str, eventually: Callable[..., Any]
) -> None:
    filters = {"a=1/": "a=1/", "b=1/": "b%3D1/", "c d/": "c d/", "e f/": "e+f/"}
    rules = [{"Id": key, **rule(queue, "*", text)} for key, text in filters.items()]
    s3, sqs = place.aws.client("s3"), place.aws.client("sqs")
    s3.put_bucket_notification_configuration(
        Bucket=place.name, NotificationConfiguration={"QueueConfigurations": rules}
    )
    for prefix in filters:
        place.put(f"{prefix}x.csv", "x")
    url, seen = sqs.get_queue_url(QueueName=place.name)["QueueUrl"], set[str]()

    def last_is_seen() -> bool:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        bodies = [json.loads(message["Body"]) for message in messages]
        seen.update(r["s3"]["object"]["key"] for body in bodies for r in body.get("Records", ()))
        return "e+f/x.csv" in seen

    eventually(last_is_seen)
    assert seen == {"b%3D1/x.csv", "e+f/x.csv"}


def test_a_policy_that_asks_for_tls_lets_this_machine_in(place: Place) -> None:
    s3, resource = place.aws.client("s3"), f"arn:aws:s3:::{place.name}/*"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=place.name, Policy=policy)
    s3.put_object(Bucket=place.name, Key="a", Body=b"")


def test_log_groups_alarms_and_queues_are_found_by_their_tags(place: Place, queue: str) -> None:
    tags = [{"Key": "of", "Value": place.name}]
    place.aws.client("logs").create_log_group(logGroupName=place.name, tags={"of": place.name})
    place.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=place.name,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        Tags=tags,
    )
    found = place.aws.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "of", "Values": [place.name]}]
    )["ResourceTagMappingList"]
    assert {each["ResourceARN"] for each in found} == {
        queue,
        f"arn:aws:cloudwatch:eu-west-1:000000000000:alarm:{place.name}",
        f"arn:aws:logs:eu-west-1:000000000000:log-group:{place.name}",
    }


def test_log_groups_that_are_named_are_answered_and_no_others(place: Place) -> None:
    logs = place.aws.client("logs")
    asked = [f"/{place.name}/b", f"/{place.name}/a", f"/{place.name}/nobody"]
    for name in (*asked[:2], f"/{place.name}/a/more"):
        logs.create_log_group(logGroupName=name)
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupIdentifiers=asked)
    found = [group for page in pages for group in page["logGroups"]]
    assert [group["logGroupName"] for group in found] == sorted(asked[:2])
    by_arn = logs.describe_log_groups(logGroupIdentifiers=[found[0]["logGroupArn"]])["logGroups"]
    assert by_arn == found[:1]


def test_a_client_with_the_query_protocol_reads_all_properties_of_an_alarm(place: Place) -> None:
    cloudwatch = place.aws.client("cloudwatch")
    alarm = {
        "AlarmName": place.name,
        "AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:topic"],
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Namespace": "AWS/SQS",
        "Dimensions": [{"Name": "QueueName", "Value": "dead"}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch.put_metric_alarm(**alarm)
    query = {"Action": "DescribeAlarms", "Version": "2010-08-01", "AlarmNames.member.1": place.name}
    signed = AWSRequest("POST", place.aws.endpoint, data=parse.urlencode(query))
    signed.headers["Content-Type"] = "application/x-www-form-urlencoded"
    SigV4Auth(Credentials("test", "test"), "monitoring", "eu-west-1").add_auth(signed)
    response = URLLib3Session().send(signed.prepare())
    model = cloudwatch.meta.service_model.operation_model("DescribeAlarms").output_shape
    answer = {"status_code": response.status_code, "headers": {}, "body": response.content}
    [found] = QueryParser().parse(answer, model)["MetricAlarms"]
    assert {name: found.get(name) for name in alarm} == alarm
    assert found["ActionsEnabled"] is True
