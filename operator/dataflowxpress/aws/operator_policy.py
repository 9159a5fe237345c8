"""Operator policy: the IAM policy of the operator's own identity."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.resource import Resource

from .resources import (
    Alarm,
    Bucket,
    Crawler,
    Database,
    Function,
    Job,
    LogGroup,
    Queue,
    Role,
    Rule,
    Topic,
)
from .resources.log_group import OF_FUNCTIONS, OF_JOBS
from .resources.policy import VERSION, Statement

ANY_RESOURCE = ("*",)  # for actions that do not support resource-level permissions
TAGGED_ON_REQUEST = {"Null": {f"aws:RequestTag/{OWNER_TAG}": "false"}}
TAGGED = {"Null": {f"aws:ResourceTag/{OWNER_TAG}": "false"}}
PASSED_TO = {"iam:PassedToService": ["glue.amazonaws.com", "lambda.amazonaws.com"]}
THROUGH_S3 = {"StringLike": {"kms:ViaService": "s3.*"}}  # each partition has its own domain


class PolicyScope(NamedTuple):
    """Limits of the operator policy; the default allows every name."""

    prefixes: tuple[str, ...] = ("",)  # of the names of the resources that the operator creates
    boundary: str = ""  # ARN of the permissions boundary that every role must have
    keys: tuple[str, ...] = ("arn:*:kms:*:*:key/*",)  # that S3 uses for the operator

    def arns(self, *kinds: type[Resource]) -> tuple[str, ...]:
        """Return ARN patterns for the resources of these kinds."""
        return tuple(self.patterns(*(kind.arn_format for kind in kinds)))

    def patterns(self, *formats: str) -> Iterator[str]:
        """Yield each ARN format with each allowed name prefix."""
        for arn in formats:
            for prefix in self.prefixes:
                # Database names contain only these characters.
                name = re.sub(r"[^a-z0-9_]", "_", prefix) if "{database}" in arn else prefix
                names = {"name": f"{name}*", "database": f"{name}*"}
                yield arn.format(partition="*", region="*", account="*", **names)


UNRESTRICTED = PolicyScope()


def document(scope: PolicyScope = UNRESTRICTED) -> dict[str, Any]:
    """Return the policy document of the operator's identity."""
    return {"Version": VERSION, "Statement": list(_statements(scope))}


def text(scope: PolicyScope = UNRESTRICTED) -> str:
    """Return the policy document as JSON text."""
    return json.dumps(document(scope), indent=2) + "\n"


def _statements(scope: PolicyScope) -> Iterator[Statement]:
    yield from _identities()
    yield from _data(scope)
    yield from _messages(scope)
    yield from _functions(scope)
    yield from _catalog(scope)
    yield from _roles(scope)
    yield from _records(scope)


def _allow(sid: str, actions: str, on: tuple[str, ...], when: Mapping[str, Any] = {}) -> Statement:
    """Return a statement.

    *actions* is a comma-separated list of services, each followed by the names of its actions.
    """
    services = (each.split() for each in actions.split(","))
    listed = sorted(f"{service}:{name}" for service, *names in services for name in names)
    statement = {"Sid": sid, "Effect": "Allow", "Action": listed, "Resource": sorted({*on})}
    return {**statement, "Condition": when} if when else statement


def _identities() -> Iterator[Statement]:
    roles = ("arn:*:iam::*:role/dataflowxpress-*",)
    yield _allow("OtherIdentities", "sts AssumeRole", roles)
    yield _allow(
        "Unscoped",
        "cloudwatch DescribeAlarms, glue CreateClassifier DeleteClassifier GetClassifier"
        " UpdateClassifier, lambda ListEventSourceMappings, logs DescribeLogGroups,"
        " sns Unsubscribe, tag GetResources",
        ANY_RESOURCE,
    )


def _data(scope: PolicyScope) -> Iterator[Statement]:
    yield _allow(
        "Buckets",
        "s3 CreateBucket DeleteBucket GetBucketNotification GetBucketOwnershipControls"
        " GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning"
        " GetEncryptionConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions"
        " PutBucketNotification PutBucketOwnershipControls PutBucketPolicy"
        " PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning"
        " PutEncryptionConfiguration TagResource",
        scope.arns(Bucket),
    )
    yield _allow(
        "Objects",
        "s3 AbortMultipartUpload DeleteObject DeleteObjectVersion GetObject PutObject",
        tuple(f"{bucket}/*" for bucket in scope.arns(Bucket)),
    )
    yield _allow("Keys", "kms Decrypt GenerateDataKey", scope.keys, THROUGH_S3)


def _messages(scope: PolicyScope) -> Iterator[Statement]:
    yield _allow(
        "Queues",
        "sqs CreateQueue DeleteMessage DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags"
        " ReceiveMessage SendMessage SetQueueAttributes TagQueue UntagQueue",
        scope.arns(Queue),
    )
    yield _allow(
        "Topics",
        "sns CreateTopic DeleteTopic GetTopicAttributes ListSubscriptionsByTopic"
        " ListTagsForResource SetTopicAttributes Subscribe TagResource UntagResource",
        scope.arns(Topic),
    )
    yield _allow(
        "Rules",
        "events DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets"
        " RemoveTargets TagResource UntagResource",
        scope.arns(Rule),
    )


def _functions(scope: PolicyScope) -> Iterator[Statement]:
    functions = scope.arns(Function)
    yield _allow(
        "Functions",
        "lambda CreateFunction DeleteFunction GetFunction GetFunctionConfiguration ListTags"
        " TagResource UntagResource UpdateFunctionCode UpdateFunctionConfiguration",
        functions,
    )
    yield _allow(
        "EventSources",
        "lambda CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping",
        ANY_RESOURCE,
        {"ArnLike": {"lambda:FunctionArn": sorted(functions)}},
    )


def _catalog(scope: PolicyScope) -> Iterator[Statement]:
    prefix = Database.arn_format.rpartition("database/")[0]
    inside = ("database/{database}", "table/{database}/*", "userDefinedFunction/{database}/*")
    yield _allow(
        "Catalog",
        "glue CreateDatabase DeleteDatabase GetDatabase GetTables GetTags GetUserDefinedFunctions"
        " TagResource UntagResource UpdateDatabase",
        tuple(scope.patterns(f"{prefix}catalog", *(prefix + each for each in inside))),
    )
    # Glue has no resource for this action, so that only the owner tag can limit it.
    yield _allow("MakeCrawlers", "glue CreateCrawler", ANY_RESOURCE, TAGGED_ON_REQUEST)
    yield _allow(
        "Jobs",
        "glue BatchStopJobRun CreateJob DeleteCrawler DeleteJob GetCrawler GetJob GetJobRuns"
        " GetTags StopCrawler TagResource UntagResource UpdateCrawler UpdateJob",
        scope.arns(Crawler, Job),
    )


def _roles(scope: PolicyScope) -> Iterator[Statement]:
    """Yield the statements to create roles and to change roles with the owner tag.

    With a boundary, every role must have it. Tags cannot limit `iam:PassRole`, only names can.
    """
    roles = scope.arns(Role)
    bound = {"StringEquals": {"iam:PermissionsBoundary": scope.boundary}}
    bounded = bound if scope.boundary else {}
    yield _allow("MakeRoles", "iam CreateRole", roles, {**TAGGED_ON_REQUEST, **bounded})
    yield _allow("MarkRoles", "iam TagRole", roles, TAGGED_ON_REQUEST)
    yield _allow(
        "GrantToRoles",
        "iam PutRolePermissionsBoundary PutRolePolicy",
        roles,
        {**TAGGED, **bounded},
    )
    yield _allow(
        "ChangeRoles",
        "iam DeleteRole DeleteRolePolicy DetachRolePolicy UntagRole UpdateAssumeRolePolicy"
        f"{'' if scope.boundary else ' DeleteRolePermissionsBoundary'}",
        roles,
        TAGGED,
    )
    yield _allow(
        "ReadRoles",
        "iam GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags",
        roles,
    )
    yield _allow("PassRoles", "iam PassRole", roles, {"StringEquals": PASSED_TO})


def _records(scope: PolicyScope) -> Iterator[Statement]:
    folders = (OF_FUNCTIONS, OF_JOBS)
    groups = (LogGroup.arn_format.replace("{name}", f"{folder}{{name}}") for folder in folders)
    yield _allow(
        "Logs",
        "logs CreateLogGroup DeleteLogGroup ListTagsForResource PutRetentionPolicy TagResource"
        " UntagResource",
        tuple(scope.patterns(*groups)),
    )
    yield _allow(
        "Alarms",
        "cloudwatch DeleteAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource",
        scope.arns(Alarm),
    )
