"""Answers of AWS that are easily misread, played back as AWS documents them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from dataflowxpress.api.errors import Refused
from dataflowxpress.aws.error_classes import ErrorClass
from dataflowxpress.aws.errors import classify, describe
from dataflowxpress.aws.resources import (
    Bucket,
    Crawler,
    Database,
    EventSource,
    Function,
    Job,
    LogGroup,
    Notification,
    Queue,
    Role,
    Rule,
    Subscription,
    Topic,
)
from dataflowxpress.aws.resources.emptying import empty_bucket
from dataflowxpress.aws.resources.notification import QUEUES
from dataflowxpress.dataplane.queues import IN_FLIGHT, VISIBLE, redrive
from dataflowxpress.planning.diff import diff

from .conftest import SCOPE

UUID = "11111111-2222-3333-4444-555555555555"
ROLE = Role(SCOPE, "glue", trusted="glue.amazonaws.com", grants=())
FUNCTION = Function(
    SCOPE,
    "start",
    role=ROLE,
    log_group=LogGroup(SCOPE, "/dataflowxpress/start"),
    handler="handler.handler",
    code=b"",
)
UPLOADS = Notification(
    SCOPE, "ours", bucket=Bucket(SCOPE, "lake"), queue=Queue(SCOPE, "uploads"), prefix="csv_data/"
)
THEIRS = {
    "Id": "theirs",
    "LambdaFunctionArn": "arn:aws:lambda:eu-west-1:1:function:theirs",
    "Events": ["s3:ObjectCreated:Put"],
    "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "csv"}]}},
}


@contextmanager
def played(service: str, *answers: tuple[Any, ...]) -> Iterator[Any]:
    """Yield a client that gets these answers, all of them: (operation, answer or error code)."""
    client = boto3.client(
        service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stub:
        for operation, answer, *expected in answers:
            if isinstance(answer, str):
                code, _, message = answer.partition(": ")
                stub.add_client_error(operation, code, message)
            else:
                stub.add_response(operation, answer, *expected)
        yield client
        stub.assert_no_pending_responses()


def test_a_target_that_was_not_put_is_an_error_though_the_call_succeeded() -> None:
    rule = Rule(SCOPE, "ended", pattern={}, target=Queue(SCOPE, "q"), dead_letters=None)
    entry = {"TargetId": "target", "ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}
    answer = ("put_targets", {"FailedEntryCount": 1, "FailedEntries": [entry]})
    with played("events", answer) as events, pytest.raises(ClientError) as failed:
        rule.update(events, rule.desired(), frozenset({"Target"}))
    assert describe(failed.value) == "PutTargets: ThrottlingException: target: slow"
    assert classify(failed.value) is ErrorClass.BUSY


def test_all_targets_go_before_their_rule_does() -> None:
    targets = [{"Id": "target", "Arn": "arn:a"}, {"Id": "theirs", "Arn": "arn:b"}]
    gone = {"FailedEntryCount": 0, "FailedEntries": []}
    with played(
        "events",
        ("list_targets_by_rule", {"Targets": targets}),
        ("remove_targets", gone, {"Rule": "ended", "Ids": ["target", "theirs"]}),
        ("delete_rule", {}),
    ) as events:
        Rule.delete(events, "ended")


def test_a_rule_stays_whose_targets_did_not_go_though_the_call_succeeded() -> None:
    entry = {"TargetId": "target", "ErrorCode": "ConcurrentModificationException"}
    with (
        played(
            "events",
            ("list_targets_by_rule", {"Targets": [{"Id": "target", "Arn": "arn:a"}]}),
            ("remove_targets", {"FailedEntryCount": 1, "FailedEntries": [entry]}),
        ) as events,
        pytest.raises(ClientError) as failed,
    ):
        Rule.delete(events, "ended")
    assert classify(failed.value) is ErrorClass.BUSY


def test_a_dead_letter_that_was_not_sent_is_not_deleted_though_the_call_succeeded() -> None:
    queue = Queue(SCOPE, "q", dead_letters=Queue(SCOPE, "dead"))
    message = {"MessageId": "1", "ReceiptHandle": "r", "Body": "b"}
    unsent = {"Id": "0", "SenderFault": False, "Code": "InternalError", "Message": "not today"}
    with (
        played(
            "sqs",
            ("get_queue_url", {"QueueUrl": "https://sqs/dead"}),
            ("get_queue_attributes", {"Attributes": dict.fromkeys((VISIBLE, IN_FLIGHT), "1")}),
            ("receive_message", {"Messages": [message]}),
            ("send_message_batch", {"Successful": [], "Failed": [unsent]}),
        ) as sqs,
        pytest.raises(ClientError, match="not today"),
    ):
        redrive(sqs, queue)


def test_a_rule_is_put_whole_whatever_has_changed() -> None:
    """What PutRule is not given goes: a rule without its pattern would hear of nothing."""
    pattern = {"source": ["aws.glue"]}
    rule = Rule(SCOPE, "ended", pattern=pattern, target=Queue(SCOPE, "q"), dead_letters=None)
    sent = {"Name": "ended", "EventPattern": json.dumps(pattern), "State": "ENABLED"}
    with played("events", ("put_rule", {}, sent)) as events:
        rule.update(events, rule.desired(), frozenset({"State"}))


def test_a_queue_is_sent_all_its_attributes_whatever_has_changed() -> None:
    """There are servers that forget the attributes which they are not given."""
    queue = Queue(SCOPE, "q", visibility_seconds=90, dead_letters=Queue(SCOPE, "dead"))
    everything = {**dict.fromkeys(queue.desired(), ANY), "VisibilityTimeout": "90"}
    with played(
        "sqs",
        ("get_queue_url", {"QueueUrl": "https://sqs/q"}),
        ("get_queue_attributes", {}),
        ("set_queue_attributes", {}, {"QueueUrl": "https://sqs/q", "Attributes": everything}),
    ) as sqs:
        queue.update(sqs, queue.desired(), frozenset({"VisibilityTimeout"}))


def test_an_object_that_was_not_removed_is_an_error_though_the_call_succeeded() -> None:
    locked = {"Key": "a.csv", "Code": "AccessDenied", "Message": "locked"}
    with (
        played(
            "s3",
            ("list_multipart_uploads", {}),
            ("list_object_versions", {"Versions": [{"Key": "a.csv", "VersionId": "1"}]}),
            ("delete_objects", {"Errors": [locked]}),
        ) as s3,
        pytest.raises(ClientError, match=r"a\.csv: locked"),
    ):
        list(empty_bucket(s3, "lake"))


def test_another_accounts_bucket_is_an_error_that_says_so() -> None:
    denied = ("get_bucket_encryption", "AccessDenied: Access Denied")
    with played("s3", denied) as s3, pytest.raises(ClientError) as failed:
        Bucket.read(s3, "lake")
    assert classify(failed.value) is ErrorClass.DENIED
    assert "bucket lake belongs to another AWS account: choose another name" in describe(
        failed.value
    )


@pytest.mark.parametrize(
    ("region", "where"),
    [("us-east-1", {}), ("eu-west-1", {"LocationConstraint": "eu-west-1"})],
)
def test_a_bucket_is_made_in_its_region_with_its_tags(region: str, where: dict[str, str]) -> None:
    scope = type(SCOPE)(SCOPE.owner, SCOPE.account, region)
    bucket = Bucket(scope, "lake")
    tags = [{"Key": "dataflowxpress.io/pipeline", "Value": "demo/orders"}]
    expected = {
        "Bucket": "lake",
        "ObjectOwnership": "BucketOwnerEnforced",
        "CreateBucketConfiguration": {**where, "Tags": tags},
    }
    with played(
        "s3",
        ("create_bucket", {}, expected),
        ("put_bucket_policy", {}),  # the bucket is new: nobody else's statements are lost
        ("put_bucket_encryption", {}),
        ("put_public_access_block", {}),
    ) as s3:
        bucket.create(s3, bucket.desired(), scope.all_tags)


def test_an_adopted_bucket_keeps_what_was_not_asked_for() -> None:
    left = Bucket(SCOPE, "lake", adopt=True).desired()
    asked = Bucket(SCOPE, "lake", adopt=True, versioning=True, kms_key_arn="arn:k").desired()
    assert left.keys() == {"Ownership", "Policy", "PublicAccessBlock"}
    assert asked.keys() == Bucket(SCOPE, "lake").desired().keys()


def test_a_foreign_rule_that_overlaps_is_named() -> None:
    overlap = "InvalidArgument: Configuration is ambiguously defined. Cannot have overlapping ..."
    with (
        played(
            "s3",
            (
                "get_bucket_notification_configuration",
                {"LambdaFunctionConfigurations": [THEIRS]},
            ),
            ("put_bucket_notification_configuration", overlap),
        ) as s3,
        pytest.raises(Refused, match=r"overlaps with theirs \(arn:aws:lambda"),
    ):
        UPLOADS.update(s3, UPLOADS.desired(), frozenset())


def test_a_rule_lost_to_another_writer_is_written_again() -> None:
    with (
        played(
            "s3",
            ("get_bucket_notification_configuration", {}),
            ("put_bucket_notification_configuration", {}),
            ("get_bucket_notification_configuration", {"LambdaFunctionConfigurations": [THEIRS]}),
        ) as s3,
        pytest.raises(ClientError) as failed,
    ):
        UPLOADS.update(s3, UPLOADS.desired(), frozenset())
    assert classify(failed.value).is_transient


def test_a_notification_reads_as_it_was_written_however_s3_spells_it() -> None:
    rules = [{"Name": "Suffix", "Value": ""}, {"Name": "Prefix", "Value": "csv_data/"}]
    answer = {**UPLOADS.desired(), "Id": "ours", "Filter": {"Key": {"FilterRules": rules}}}
    with played("s3", ("get_bucket_notification_configuration", {QUEUES: [answer]})) as s3:
        have = Notification.read(s3, "lake", "ours")
    assert list(diff(UPLOADS.desired(), have)) == []


def test_a_running_crawler_is_stopped_and_deleted_at_the_next_try() -> None:
    with (
        played("glue", ("delete_crawler", "CrawlerRunningException"), ("stop_crawler", {})) as glue,
        pytest.raises(ClientError) as failed,
    ):
        Crawler.delete(glue, "orders")
    assert classify(failed.value) is ErrorClass.BUSY


def test_a_crawler_that_is_stopping_already_is_waited_for() -> None:
    with (
        played(
            "glue",
            ("delete_crawler", "CrawlerRunningException"),
            ("stop_crawler", "CrawlerStoppingException"),
        ) as glue,
        pytest.raises(ClientError) as failed,
    ):
        Crawler.delete(glue, "orders")
    assert classify(failed.value) is ErrorClass.BUSY


def test_a_crawlers_role_is_a_name_though_an_arn_was_sent() -> None:
    catalog = Database(SCOPE, "demo", description="")
    crawler = Crawler(
        SCOPE, "c", role=ROLE, database=catalog, classifier=None, path="s3://lake/csv_data/"
    )
    for role in (ROLE.name, ROLE.arn):
        target = {"S3Targets": [{"Path": "s3://lake/csv_data/"}]}
        answer = {"Crawler": {"Name": "c", "Role": role, "Targets": target}}
        with played("glue", ("get_crawler", answer)) as glue:
            assert Crawler.read(glue, "c")["Role"] == crawler.desired()["Role"]


def test_a_database_keeps_parameters_that_others_set() -> None:
    database = Database(SCOPE, "demo", description="ours")
    have = {"Name": "demo", "Description": "old", "Parameters": {"a": "b"}, "CatalogId": "1"}
    sent = {"Name": "demo", "Description": "ours", "Parameters": {"a": "b"}}
    with played(
        "glue",
        ("get_database", {"Database": have}),
        ("update_database", {}, {"Name": "demo", "DatabaseInput": sent}),
    ) as glue:
        database.update(glue, database.desired(), frozenset())


def test_a_jobs_unfinished_runs_are_stopped_before_it_goes() -> None:
    runs = [
        {"Id": "jr_1", "JobRunState": "RUNNING"},
        {"Id": "jr_2", "JobRunState": "SUCCEEDED"},
        {"Id": "jr_3", "JobRunState": "WAITING"},
    ]
    with played(
        "glue",
        ("get_job_runs", {"JobRuns": runs}),
        ("batch_stop_job_run", {}, {"JobName": "orders", "JobRunIds": ["jr_1", "jr_3"]}),
        ("delete_job", {}),
    ) as glue:
        Job.delete(glue, "orders")


def test_a_run_that_would_not_stop_is_an_error_though_the_call_succeeded() -> None:
    failed = {
        "JobRunId": "jr_1",
        "ErrorDetail": {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"},
    }
    with (
        played(
            "glue",
            ("get_job_runs", {"JobRuns": [{"Id": "jr_1", "JobRunState": "STARTING"}]}),
            ("batch_stop_job_run", {"Errors": [failed]}),
        ) as glue,
        pytest.raises(ClientError, match="jr_1: slow"),
    ):
        Job.delete(glue, "orders")


@pytest.mark.parametrize(
    ("answered", "state"),
    [
        ("Enabled", "Enabled"),
        ("Enabling", "Enabled"),
        ("Creating", "Enabled"),
        ("Updating", "Enabled"),
        ("Disabling", "Disabled"),
        ("Disabled", "Disabled"),
    ],
)
def test_a_mapping_in_motion_counts_as_where_it_is_going(answered: str, state: str) -> None:
    mappings = {"EventSourceMappings": [{"UUID": UUID, "State": answered}]}
    with played("lambda", ("list_event_source_mappings", mappings)) as lambda_:
        have = EventSource.read(lambda_, "start", "arn:q")
    assert have is not None
    assert have["State"] == state


def test_a_mapping_that_is_going_away_is_not_there() -> None:
    mappings = {"EventSourceMappings": [{"UUID": UUID, "State": "Deleting"}]}
    with played("lambda", ("list_event_source_mappings", mappings)) as lambda_:
        assert EventSource.read(lambda_, "start", "arn:q") is None


@pytest.mark.parametrize(("size", "asked", "window"), [(10, 0, 0), (1000, 0, 1), (1000, 20, 20)])
def test_a_large_batch_has_a_window(size: int, asked: int, window: int) -> None:
    feed = EventSource(
        SCOPE,
        "feed",
        function=FUNCTION,
        queue=Queue(SCOPE, "q"),
        batch_size=size,
        window_seconds=asked,
    )
    assert feed.desired()["MaximumBatchingWindowInSeconds"] == window


@pytest.mark.parametrize(
    ("have", "reason"),
    [
        ({"State": "Active", "LastUpdateStatus": "Successful"}, ""),
        ({"State": "Inactive", "LastUpdateStatus": "Successful"}, ""),
        ({"State": "Pending"}, "is being updated by Lambda"),
        ({"State": "Active", "LastUpdateStatus": "InProgress"}, "is being updated by Lambda"),
        ({"State": "Failed", "StateReason": "no such key"}, "no such key"),
        (
            {
                "State": "Active",
                "LastUpdateStatus": "Failed",
                "LastUpdateStatusReason": "no such layer",
            },
            "no such layer",
        ),
    ],
)
def test_a_function_says_what_it_waits_for(have: dict[str, str], reason: str) -> None:
    assert Function.waits_for(have) == reason


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        ("arn:aws:sns:eu-west-1:1:news:4711", ""),
        (
            "PendingConfirmation",
            (
                "ann@example.com has not confirmed the subscription:"
                " open the link in the email from AWS"
            ),
        ),
        ("Deleted", "ann@example.com has unsubscribed"),
    ],
)
def test_a_subscription_says_whom_it_waits_for(arn: str, reason: str) -> None:
    assert Subscription.waits_for({"SubscriptionArn": arn, "Endpoint": "ann@example.com"}) == reason


@pytest.mark.parametrize("arn", ["PendingConfirmation", "Deleted"])
def test_a_subscription_without_an_arn_is_left_to_expire(arn: str) -> None:
    listed = {"Protocol": "email", "Endpoint": "ann@example.com", "SubscriptionArn": arn}
    with played("sns", ("list_subscriptions_by_topic", {"Subscriptions": [listed]})) as sns:
        Subscription.delete(sns, "arn:topic", "email", "ann@example.com")


def test_services_publish_from_our_account_alone() -> None:
    statements = Topic(SCOPE, "news").desired()["Policy"]["Statement"]
    allowing = [each for each in statements if each["Effect"] == "Allow"]
    conditions = {each["Principal"]["Service"][0]: each.get("Condition") for each in allowing}
    ours = {"StringEquals": {"aws:SourceAccount": [SCOPE.account]}}
    assert conditions == {"cloudwatch.amazonaws.com": ours}


def test_a_sender_whose_arn_names_no_account_has_to_be_of_ours() -> None:
    rule = Rule.arn_of(SCOPE, ("ended",))
    senders = (("s3.amazonaws.com", "arn:aws:s3:::lake"), ("events.amazonaws.com", rule))
    statements = Queue(SCOPE, "q", senders=senders).desired()["Policy"]["Statement"]
    allowed = {each["Principal"].get("Service", [""])[0]: each["Condition"] for each in statements}
    assert "StringEquals" in allowed["s3.amazonaws.com"]
    assert allowed["events.amazonaws.com"] == {"ArnEquals": {"aws:SourceArn": [rule]}}


def test_a_change_of_code_and_settings_waits_in_between() -> None:
    ready = {"Configuration": {"LastUpdateStatus": "Successful"}}
    with played(
        "lambda",
        ("update_function_code", {}),
        ("get_function", ready),
        ("update_function_configuration", {}),
    ) as lambda_:
        FUNCTION.update(lambda_, FUNCTION.desired(), frozenset({"CodeSha256", "Timeout"}))
