"""Access: what the operator's own identity may do in AWS, and on what."""

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

ANYTHING = ("*",)  # for actions that AWS lets no resource be named for
MARKED = {"Null": {f"aws:RequestTag/{OWNER_TAG}": "false"}}
OURS = {"Null": {f"aws:ResourceTag/{OWNER_TAG}": "false"}}
PASSED_ON = {"iam:PassedToService": ["glue.amazonaws.com", "lambda.amazonaws.com"]}
THROUGH_S3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}


class PolicyScope(NamedTuple):
    """What an operator is limited to; by itself it may use every name."""

    prefixes: tuple[str, ...] = ("",)  # of the names of all that it makes
    boundary: str = ""  # ARN of the policy that bounds every role
    keys: tuple[str, ...] = ("arn:*:kms:*:*:key/*",)  # which S3 may use in its name

    def arns(self, *kinds: type[Resource]) -> tuple[str, ...]:
        """Return patterns for what these kinds' resources may be called."""
        return tuple(self.patterns(*(kind.arn_format for kind in kinds)))

    def patterns(self, *formats: str) -> Iterator[str]:
        """Yield each ARN with the names that may be used in it."""
        for arn in formats:
            for prefix in self.prefixes:
                # Names of databases have no other signs than these.
                name = re.sub(r"[^a-z0-9_]", "_", prefix) if "{database}" in arn else prefix
                names = {"name": f"{name}*", "database": f"{name}*"}
                yield arn.format(partition="*", region="*", account="*", **names)


UNRESTRICTED = PolicyScope()


def document(limits: PolicyScope = UNRESTRICTED) -> dict[str, Any]:
    """Return the policy of an operator's identity."""
    return {"Version": VERSION, "Statement": list(_statements(limits))}


def text(limits: PolicyScope = UNRESTRICTED) -> str:
    """Return the policy as it is shipped."""
    return json.dumps(document(limits), indent=2) + "\n"


def _statements(limits: PolicyScope) -> Iterator[Statement]:
    yield from _identities()
    yield from _data(limits)
    yield from _messages(limits)
    yield from _functions(limits)
    yield from _catalog(limits)
    yield from _roles(limits)
    yield from _records(limits)


def _allow(sid: str, actions: str, on: tuple[str, ...], when: Mapping[str, Any] = {}) -> Statement:
    """Return a statement; *actions* are services, each with the names of its actions, as text."""
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
        ANYTHING,
    )


def _data(limits: PolicyScope) -> Iterator[Statement]:
    yield _allow(
        "Buckets",
        "s3 CreateBucket DeleteBucket GetBucketNotification GetBucketOwnershipControls"
        " GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning"
        " GetEncryptionConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions"
        " PutBucketNotification PutBucketOwnershipControls PutBucketPolicy"
        " PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning"
        " PutEncryptionConfiguration TagResource",
        limits.arns(Bucket),
    )
    yield _allow(
        "Objects",
        "s3 AbortMultipartUpload DeleteObject DeleteObjectVersion GetObject PutObject",
        tuple(f"{bucket}/*" for bucket in limits.arns(Bucket)),
    )
    yield _allow("Keys", "kms Decrypt GenerateDataKey", limits.keys, THROUGH_S3)


def _messages(limits: PolicyScope) -> Iterator[Statement]:
    yield _allow(
        "Queues",
        "sqs CreateQueue DeleteMessage DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags"
        " ReceiveMessage SendMessage SetQueueAttributes TagQueue UntagQueue",
        limits.arns(Queue),
    )
    yield _allow(
        "Topics",
        "sns CreateTopic DeleteTopic GetTopicAttributes ListSubscriptionsByTopic"
        " ListTagsForResource SetTopicAttributes Subscribe TagResource UntagResource",
        limits.arns(Topic),
    )
    yield _allow(
        "Rules",
        "events DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets"
        " RemoveTargets TagResource UntagResource",
        limits.arns(Rule),
    )


def _functions(limits: PolicyScope) -> Iterator[Statement]:
    functions = limits.arns(Function)
    yield _allow(
        "Functions",
        "lambda CreateFunction DeleteFunction GetFunction GetFunctionConfiguration ListTags"
        " TagResource UntagResource UpdateFunctionCode UpdateFunctionConfiguration",
        functions,
    )
    yield _allow(
        "EventSources",
        "lambda CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping",
        ANYTHING,
        {"ArnLike": {"lambda:FunctionArn": sorted(functions)}},
    )


def _catalog(limits: PolicyScope) -> Iterator[Statement]:
    here = Database.arn_format.rpartition("database/")[0]
    inside = ("database/{database}", "table/{database}/*", "userDefinedFunction/{database}/*")
    yield _allow(
        "Catalog",
        "glue CreateDatabase DeleteDatabase GetDatabase GetTables GetTags GetUserDefinedFunctions"
        " TagResource UntagResource UpdateDatabase",
        tuple(limits.patterns(f"{here}catalog", *(here + each for each in inside))),
    )
    yield _allow(
        "Jobs",
        "glue BatchStopJobRun CreateCrawler CreateJob DeleteCrawler DeleteJob GetCrawler GetJob"
        " GetJobRuns GetTags StopCrawler TagResource UntagResource UpdateCrawler UpdateJob",
        limits.arns(Crawler, Job),
    )


def _roles(limits: PolicyScope) -> Iterator[Statement]:
    """Yield what makes roles and changes those that are ours, within the boundary if there is one.

    Passing cannot be limited by tags: IAM looks at the name alone.
    """
    roles = limits.arns(Role)
    bound = {"StringEquals": {"iam:PermissionsBoundary": limits.boundary}}
    bounded = bound if limits.boundary else {}
    yield _allow("MakeRoles", "iam CreateRole", roles, {**MARKED, **bounded})
    yield _allow("MarkRoles", "iam TagRole", roles, MARKED)
    yield _allow(
        "GrantToRoles",
        "iam PutRolePermissionsBoundary PutRolePolicy",
        roles,
        {**OURS, **bounded},
    )
    yield _allow(
        "ChangeRoles",
        "iam DeleteRole DeleteRolePolicy DetachRolePolicy UntagRole UpdateAssumeRolePolicy"
        f"{'' if limits.boundary else ' DeleteRolePermissionsBoundary'}",
        roles,
        OURS,
    )
    yield _allow(
        "ReadRoles",
        "iam GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags",
        roles,
    )
    yield _allow("PassRoles", "iam PassRole", roles, {"StringEquals": PASSED_ON})


def _records(limits: PolicyScope) -> Iterator[Statement]:
    folders = (OF_FUNCTIONS, OF_JOBS)
    groups = (LogGroup.arn_format.replace("{name}", f"{folder}{{name}}") for folder in folders)
    yield _allow(
        "Logs",
        "logs CreateLogGroup DeleteLogGroup ListTagsForResource PutRetentionPolicy TagResource"
        " UntagResource",
        tuple(limits.patterns(*groups)),
    )
    yield _allow(
        "Alarms",
        "cloudwatch DeleteAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource",
        limits.arns(Alarm),
    )
