"""Drift walk: each managed property of each kind, changed behind our back, is seen and healed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from dataflowxpress.aws.resources import Bucket, Queue, Topic
from dataflowxpress.planning.step import Action
from tests.contract.conftest import scope_of
from tests.contract.samples import OTHER_LOG_BUCKET, SAMPLES, queue, with_all_it_needs
from tests.contract.test_laws import KINDS, described

if TYPE_CHECKING:
    from dataflowxpress.planning.resource import Resource
    from tests.contract.conftest import Pipeline

Path = tuple[str | int, ...]

# What others may change a property to, where a longer text or the next number is none for AWS.
VALUES: Mapping[str, Any] = {
    "AccessLogs TargetBucket": OTHER_LOG_BUCKET,
    "Alarm ActionsEnabled": False,
    "Alarm ComparisonOperator": "GreaterThanThreshold",
    "Alarm Statistic": "Sum",
    "Alarm TreatMissingData": "missing",
    "Bucket Encryption.SSEAlgorithm": "aws:kms",
    "Bucket Ownership": "ObjectWriter",
    "Classifier ContainsHeader": "UNKNOWN",
    "Classifier Delimiter": ";",
    "Classifier QuoteSymbol": "'",
    "Crawler RecrawlPolicy.RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY",
    "Crawler SchemaChangePolicy.DeleteBehavior": "DELETE_FROM_DATABASE",
    "Crawler SchemaChangePolicy.UpdateBehavior": "LOG",
    "Crawler Targets.S3Targets.0.Exclusions": ["**/_*"],
    "Function Environment.Variables": {"MORE": "1"},
    "Function Runtime": "python3.12",
    "Job Command.PythonVersion": "3.9",
    "Job Connections.Connections": ["vpc"],
    "Job ExecutionClass": "FLEX",
    "Job GlueVersion": "4.0",
    "Job WorkerType": "G.2X",
    "LogGroup retentionInDays": 365,
    "Notification Events.0": "s3:ObjectCreated:Put",
    **{f"PrincipalPermissions Database.{n}": "DROP" for n in range(2)},
    **{f"PrincipalPermissions Tables.{n}": "ALL" for n in range(6)},
    "Queue MessageRetentionPeriod": "3600",
    "Queue SqsManagedSseEnabled": "false",
    "Rule State": "DISABLED",
    "Schedule ActionAfterCompletion": "DELETE",
    "Schedule EndDate": datetime(2100, 1, 1, tzinfo=UTC),
    "Schedule FlexibleTimeWindow.Mode": "FLEXIBLE",
    "Schedule ScheduleExpression": "cron(0 9 1 1 ? *)",
    "Schedule ScheduleExpressionTimezone": "Europe/Berlin",
    "Schedule StartDate": datetime(2099, 1, 1, tzinfo=UTC),
    "Schedule State": "DISABLED",
    "Schedule Target.RetryPolicy.MaximumEventAgeInSeconds": 60,
    "Schedule Target.RetryPolicy.MaximumRetryAttempts": 0,
    **{
        f"SecurityConfiguration {part}Mode": "DISABLED"
        for part in (
            "CloudWatchEncryption.CloudWatchEncryption",
            "JobBookmarksEncryption.JobBookmarksEncryption",
            "S3Encryption.0.S3Encryption",
        )
    },
}
THROUGH: Mapping[str, str] = {  # properties that follow from a field: digests and names
    "Crawler Classifiers": "classifier",
    "Crawler CrawlerSecurityConfiguration": "security_configuration",
    "Crawler Role": "role",
    "Function CodeSha256": "code",
    "Job SecurityConfiguration": "security_configuration",
    "Function LoggingConfig": "log_group",
    "Function Role": "role",
    "Notification QueueArn": "queue",
    "Object ChecksumSHA256": "body",
    "Queue RedrivePolicy.deadLetterTargetArn": "dead_letters",
    "Role PermissionsBoundary": "permissions_boundary",
    "Schedule Target.Arn": "queue",
    "Schedule Target.DeadLetterConfig": "dead_letters",
    "Schedule Target.RoleArn": "role",
    "Topic KmsMasterKeyId": "kms_key_arn",
}
ELSEWHERE = {"dead_letters": lambda here, name: queue(here, f"{name}-dead-2")}  # not just gone
CANNOT_CHANGE = {
    "Function VpcConfig.SecurityGroupIds",  # needs a network: see tests/walks/test_network.py
    "Function VpcConfig.SubnetIds",
    "Queue KmsMasterKeyId",  # SQS changes SqsManagedSseEnabled with it; a law changes both
    "LogGroup kmsKeyId",  # needs a key that admits CloudWatch Logs: see tests/walks/test_encryption
    "Rule Target.Id",  # what it is found by: with another id it is somebody else's target
    "Bucket Policy.Statement.0.Effect",  # a bucket that blocks public policies takes no such
    "EventSource FunctionResponseTypes.0",  # AWS has no other; a law removes it
    "Role OtherPolicies",  # always empty; a trap's test adds some
    "Notification Filter.Key.FilterRules.0.Name",  # AWS has no others
    "Notification Filter.Key.FilterRules.1.Name",
}


def flatten_changes(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where each single value stands."""
    inside = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, inner in inside:
        if isinstance(inner, Mapping | list) and inner:
            yield from flatten_changes(inner, (*path, key))
        else:
            yield (*path, key)


def other(where: str, value: Any) -> Any:
    """Return another value than *value* that AWS takes for the property at *where*."""
    if where in VALUES:
        return VALUES[where]
    if where.endswith(("Version", "Effect")) and isinstance(value, str):
        return {"2012-10-17": "2008-10-17", "Allow": "Deny", "Deny": "Allow"}[value]
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str() if value.isdigit():
            return str(int(value) + 1)
        case _:
            return f"{value}x"


def meddle(pipeline: Pipeline, its: Resource, path: Path) -> None:
    """Change one property as somebody else would: by the kind's own API."""
    client, part = pipeline.others_client(its), str(path[0])
    theirs, want = its, copy.deepcopy(dict(its.desired()))
    kind = type(its).__name__
    if field := THROUGH.get(f"{kind} {part}") or THROUGH.get(f"{kind} {spelled(path)}"):
        value = ELSEWHERE.get(field, SAMPLES[kind].changes[field])
        new = value(its.scope, its.scope.owner.partition("/")[2]) if callable(value) else value
        theirs = replace(its, **{field: new})
        pipeline.converge(with_all_it_needs(theirs)[:-1])
        want = dict(theirs.desired())
    else:
        place: Any = want
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = other(f"{kind} {spelled(path)}", place[path[-1]])
    if kind == "SecurityConfiguration":  # Glue has no call to change one
        theirs.delete(client, *theirs.key)
        theirs.create(client, want, {})
    else:
        theirs.update(client, want, frozenset({part}))


def spelled(path: Path) -> str:
    return ".".join(map(str, path))


WALK = [
    (kind, path)
    for kind in KINDS
    for path in flatten_changes(SAMPLES[kind].make(scope_of("tests/any"), "any").desired())
    if f"{kind} {spelled(path)}" not in CANNOT_CHANGE
]
WALKED = sorted({kind for kind, _ in WALK})


def paths_of(kind: str) -> list[Path]:
    """Return the properties of a kind that others can change."""
    return [path for of, path in WALK if of == kind]


def test_every_exception_is_for_a_property() -> None:
    walked = {f"{kind} {spelled(path)}" for kind, path in WALK}
    assert VALUES.keys() <= walked
    assert all(any(where.startswith(part) for where in walked) for part in THROUGH)


@pytest.mark.parametrize("kind", WALKED)
def test_what_others_change_is_seen_and_healed(pipeline: Pipeline, name: str, kind: str) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    its, known = wanted[-1], [each.id for each in wanted]
    for path in paths_of(kind):
        meddle(pipeline, its, path)
        steps = pipeline.engine.plan(pipeline.scope, wanted, known)
        step = next(each for each in steps if each.id == its.id)
        action = Action.REPLACE if path[0] in its.immutable else Action.UPDATE
        assert step.action is action, spelled(path)
        assert step.changed == {path[0]}, spelled(path)
        pipeline.carry_out(steps)
        assert pipeline.differences(wanted) == [], spelled(path)


class TestWhatOthersAdd:
    """What does not touch ours is theirs, and stays through drift, change and deletion."""

    THEIRS: ClassVar[dict[str, Any]] = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
    }

    def test_a_queues_policy_keeps_their_statement(self, pipeline: Pipeline, name: str) -> None:
        queue = Queue(pipeline.scope, name)
        pipeline.converge([queue])
        sqs = pipeline.cloud.others("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        theirs = {**self.THEIRS, "Action": "sqs:SendMessage", "Resource": queue.arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
        pipeline.converge([queue], [queue.id])
        pipeline.converge([replace(queue, visibility_seconds=90)], [queue.id])
        have = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        self.both(have["Attributes"]["Policy"])

    def test_a_topics_policy_keeps_their_statement(self, pipeline: Pipeline, name: str) -> None:
        topic = Topic(pipeline.scope, name)
        pipeline.converge([topic])
        sns = pipeline.cloud.others("sns")
        theirs = {**self.THEIRS, "Action": "sns:Publish", "Resource": topic.arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
        policy = {"AttributeName": "Policy", "AttributeValue": document}
        sns.set_topic_attributes(TopicArn=topic.arn, **policy)
        pipeline.converge([topic], [topic.id])
        self.both(sns.get_topic_attributes(TopicArn=topic.arn)["Attributes"]["Policy"])

    def both(self, document: str) -> None:
        """Expect one statement of theirs beside ours."""
        names = [statement["Sid"] for statement in json.loads(document)["Statement"]]
        assert names.count("Theirs") == 1
        assert any(name.startswith("DataFlowXpress") for name in names)

    def test_a_buckets_lifecycle_and_cors_stay(self, pipeline: Pipeline, name: str) -> None:
        bucket = Bucket(pipeline.scope, name)
        pipeline.converge([bucket])
        s3 = pipeline.cloud.others("s3")
        expiry = {
            "ID": "a",
            "Status": "Enabled",
            "Filter": {"Prefix": "a/"},
            "Expiration": {"Days": 9},
        }
        s3.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": [expiry]}
        )
        cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [cors]})
        pipeline.converge([replace(bucket, versioning=True)], [bucket.id])
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert rule["ID"] == "a"
        assert s3.get_bucket_cors(Bucket=name)["CORSRules"] == [cors]

    def test_a_rules_other_target_stays(self, pipeline: Pipeline, name: str) -> None:
        wanted = described(pipeline, name, "Rule")
        pipeline.converge(wanted)
        events = pipeline.cloud.others("events")
        theirs = {"Id": "theirs", "Arn": wanted[0].arn}
        events.put_targets(Rule=name, Targets=[theirs])
        pipeline.converge([*wanted[:-1], replace(wanted[-1], enabled=False)], [wanted[-1].id])  # type: ignore[call-arg]
        targets = events.list_targets_by_rule(Rule=name)["Targets"]
        assert {target["Id"] for target in targets} == {"target", "theirs"}
