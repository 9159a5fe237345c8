"""CloudTrail in the sandbox: the events of calls have the shapes that AWS documents."""

from __future__ import annotations

import contextlib

from botocore.exceptions import ClientError

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.audited import events


def test_a_change_by_any_protocol_names_its_resource_as_cloudtrail_does(
    audited: RunningAws,
) -> None:
    events(audited)
    url = audited.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    topic = audited.client("sns").create_topic(Name="t")["TopicArn"]
    audited.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="DisplayName", AttributeValue="x"
    )
    audited.client("s3").create_bucket(
        Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": sandbox_aws.REGION}
    )
    audited.client("s3").put_public_access_block(
        Bucket="bucket", PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    audited.client("events").put_rule(Name="r", ScheduleExpression="rate(1 day)")
    audited.client("cloudwatch").delete_alarms(AlarmNames=["a"])
    audited.client("logs").create_log_group(logGroupName="/g")
    audited.client("glue").create_database(DatabaseInput={"Name": "d"})
    named = {
        (event["source"], event["detail"]["eventName"]): event["detail"]["requestParameters"]
        for event in events(audited)
    }
    assert named == {
        ("aws.sqs", "CreateQueue"): {"queueName": "q"},
        ("aws.sns", "CreateTopic"): {"name": "t"},
        ("aws.sns", "SetTopicAttributes"): {
            "topicArn": topic,
            "attributeName": "DisplayName",
            "attributeValue": "x",
        },
        ("aws.s3", "CreateBucket"): {
            "bucketName": "bucket",
            "createBucketConfiguration": {"locationConstraint": sandbox_aws.REGION},
        },
        ("aws.s3", "PutBucketPublicAccessBlock"): {
            "bucketName": "bucket",
            "publicAccessBlockConfiguration": {"blockPublicAcls": True},
        },
        ("aws.events", "PutRule"): {"name": "r", "scheduleExpression": "rate(1 day)"},
        ("aws.monitoring", "DeleteAlarms"): {"alarmNames": ["a"]},
        ("aws.logs", "CreateLogGroup"): {"logGroupName": "/g"},
        ("aws.glue", "CreateDatabase"): {"databaseInput": {"name": "d"}},
    }
    assert url.endswith("/q")


def test_changes_of_iam_arrive_from_us_east_1_with_the_caller(audited: RunningAws) -> None:
    events(audited)
    audited.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    (event,) = events(audited)
    detail = event["detail"]
    assert (event["region"], event["account"]) == ("us-east-1", sandbox_aws.ACCOUNT)
    assert (detail["awsRegion"], detail["eventName"]) == ("us-east-1", "CreateRole")
    assert detail["requestParameters"]["roleName"] == "r"
    assert detail["userIdentity"]["type"] == "Root"
    assert detail["userAgent"].startswith("Boto3/")
    assert (detail["readOnly"], detail["managementEvent"]) == (False, True)


def test_reads_and_data_make_no_events_and_a_failed_call_has_its_code(
    audited: RunningAws,
) -> None:
    sqs = audited.client("sqs")
    url = sqs.create_queue(QueueName="quiet")["QueueUrl"]
    events(audited)
    sqs.get_queue_attributes(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    with contextlib.suppress(ClientError):
        audited.client("glue").delete_crawler(Name="absent")
    (event,) = events(audited)
    assert event["detail"]["eventName"] == "DeleteCrawler"
    assert event["detail"]["errorCode"] == "EntityNotFoundException"


def test_a_stopped_trail_makes_no_events(audited: RunningAws) -> None:
    events(audited)
    trail = audited.client("cloudtrail")
    trail.stop_logging(Name="all")
    audited.client("logs").create_log_group(logGroupName="/unseen")
    assert events(audited) == []
    trail.start_logging(Name="all")
    audited.client("logs").create_log_group(logGroupName="/seen")
    named = [event["detail"]["requestParameters"] for event in events(audited)]
    assert {"logGroupName": "/seen"} in named
    assert {"logGroupName": "/unseen"} not in named
