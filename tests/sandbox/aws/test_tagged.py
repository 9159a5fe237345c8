"""Tagged: GetResources finds the same resources by tags alone as with a filter of their types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.aws.conftest import policy, unique

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

TYPES = ["s3", "sqs", "sns", "events", "glue", "logs", "cloudwatch"]
OWNER, PART = "example.com/owner", "example.com/part"


@pytest.fixture
def owner(aws: RunningAws) -> Iterator[str]:
    """The value of a tag of one resource of each type, and of one that has another tag, too."""
    name = unique("tagged")
    tags = {OWNER: name}
    pairs = [{"Key": OWNER, "Value": name}]
    s3, sqs, sns, glue = (aws.client(each) for each in ("s3", "sqs", "sns", "glue"))
    events, logs, cloudwatch = (aws.client(each) for each in ("events", "logs", "cloudwatch"))
    place = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs})
    queue = sqs.create_queue(QueueName=name, tags=tags)["QueueUrl"]
    other = sqs.create_queue(QueueName=f"{name}-2", tags={**tags, PART: "2"})["QueueUrl"]
    topic = sns.create_topic(Name=name, Tags=pairs)["TopicArn"]
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{name}/script.py"}
    role = _role(aws, name)
    glue.create_job(Name=name, Role=role, Command=command, Tags=tags)
    events.put_rule(Name=name, ScheduleExpression="rate(1 day)", Tags=pairs)
    logs.create_log_group(logGroupName=name, tags=tags)
    alarm = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60}
    alarm |= {"EvaluationPeriods": 1, "Threshold": 1.0}
    comparison = "GreaterThanThreshold"
    cloudwatch.put_metric_alarm(AlarmName=name, ComparisonOperator=comparison, Tags=pairs, **alarm)
    yield name
    cloudwatch.delete_alarms(AlarmNames=[name])
    logs.delete_log_group(logGroupName=name)
    events.delete_rule(Name=name)
    glue.delete_job(JobName=name)
    aws.client("iam").delete_role(RoleName=name)
    sns.delete_topic(TopicArn=topic)
    for each in (queue, other):
        sqs.delete_queue(QueueUrl=each)
    s3.delete_bucket(Bucket=name)


def _role(aws: RunningAws, name: str) -> str:
    iam = aws.client("iam")
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy())["Role"]["Arn"])


def found(aws: RunningAws, filters: list[dict[str, Any]], **more: Any) -> set[str]:
    """Return the resources that are found, with their tags."""
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    return {
        json.dumps(each, sort_keys=True)
        for page in pages.paginate(TagFilters=filters, **more)
        for each in page["ResourceTagMappingList"]
    }


@pytest.mark.parametrize("values", [True, False], ids=["by value", "by key"])
def test_all_types_are_found_with_their_tags(aws: RunningAws, owner: str, *, values: bool) -> None:
    filters = [{"Key": OWNER, **({"Values": ["none", owner]} if values else {})}]
    mine = found(aws, filters)
    assert {json.loads(each)["ResourceARN"].split(":")[2] for each in mine} == {*TYPES}
    assert mine == found(aws, filters, ResourceTypeFilters=TYPES)


def test_all_filters_must_match(aws: RunningAws, owner: str) -> None:
    [only] = found(aws, [{"Key": OWNER, "Values": [owner]}, {"Key": PART}])
    assert json.loads(only)["ResourceARN"].endswith(f"{owner}-2")
    assert found(aws, [{"Key": OWNER, "Values": [owner]}, {"Key": PART, "Values": ["3"]}]) == set()
