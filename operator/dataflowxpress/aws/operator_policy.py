"""Operator policy: the IAM policy of the operator's own identity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dataflowxpress.planning.ownership import OWNER_TAG

from .policy_scope import (
    ANY_RESOURCE,
    IN_ACCOUNT_IF_KNOWN,
    TAGGED,
    UNRESTRICTED,
    PolicyScope,
    allow,
    as_text,
)
from .resources import (
    Alarm,
    Bucket,
    Crawler,
    Database,
    Function,
    Job,
    Queue,
    Role,
    Rule,
    Topic,
)
from .resources.policy import VERSION, Statement
from .resources.schedule import ARN_FORMAT as SCHEDULES

TAGGED_ON_REQUEST = {"Null": {f"aws:RequestTag/{OWNER_TAG}": "false"}}
IN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
PASSED_TO = {
    "iam:PassedToService": [
        "glue.amazonaws.com",
        "lambda.amazonaws.com",
        "scheduler.amazonaws.com",
    ]
}
THROUGH_S3 = {"StringLike": {"kms:ViaService": "s3.*"}}  # each partition has its own domain


def document(scope: PolicyScope = UNRESTRICTED) -> dict[str, Any]:
    """Return the policy document of the operator's identity."""
    return {"Version": VERSION, "Statement": list(_statements(scope))}


def text(scope: PolicyScope = UNRESTRICTED) -> str:
    """Return the policy document as JSON text."""
    return as_text(document(scope))


def _statements(scope: PolicyScope) -> Iterator[Statement]:
    yield from _identities(scope)
    yield from _data(scope)
    yield from _resources(scope)
    yield from _starts(scope)
    yield from _owned(scope)
    yield from _roles(scope)


def _identities(scope: PolicyScope) -> Iterator[Statement]:
    roles = tuple(
        f"arn:*:iam::{account}:role/dataflowxpress-{prefix}*"
        for account in scope.accounts or ("*",)
        for prefix in scope.prefixes
    )
    in_accounts = {} if scope.accounts else IN_ACCOUNT
    in_organization = {"StringEquals": {"aws:ResourceOrgID": scope.organization}}
    when = in_organization if scope.organization else in_accounts
    yield allow("OtherIdentities", "sts AssumeRole TagSession", roles, when)
    yield allow(
        "Unscoped",
        "cloudwatch DescribeAlarms, glue CreateClassifier DeleteClassifier GetClassifier"
        " UpdateClassifier, lakeformation GrantPermissions ListPermissions RevokePermissions,"
        " lambda ListEventSourceMappings, logs DescribeLogGroups,"
        " sns Unsubscribe, tag GetResources",
        ANY_RESOURCE,
    )


def _data(scope: PolicyScope) -> Iterator[Statement]:
    yield allow(
        "Buckets",
        "s3 CreateBucket DeleteBucket GetBucketNotification GetBucketOwnershipControls"
        " GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning"
        " GetEncryptionConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions"
        " PutBucketNotification PutBucketOwnershipControls PutBucketPolicy"
        " PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning"
        " PutEncryptionConfiguration TagResource",
        scope.arns(Bucket),
        IN_ACCOUNT_IF_KNOWN,
    )
    yield allow(
        "Objects",
        "s3 AbortMultipartUpload DeleteObject DeleteObjectVersion GetObject PutObject",
        tuple(f"{bucket}/*" for bucket in scope.arns(Bucket)),
        IN_ACCOUNT_IF_KNOWN,
    )
    yield allow("Keys", "kms Decrypt GenerateDataKey", scope.keys, THROUGH_S3)


def _resources(scope: PolicyScope) -> Iterator[Statement]:
    """Yield the statement for all names of the operator, whichever tags a resource has.

    It is one statement for all services, because a managed policy has 6,144 characters at most. A
    schedule has no tags.
    """
    prefix = Database.arn_format.rpartition("database/")[0]
    inside = ("database/{database}", "table/{database}/*", "userDefinedFunction/{database}/*")
    catalog = scope.patterns(f"{prefix}catalog", *(prefix + each for each in inside))
    kinds = (Alarm, Crawler, Function, Job, Queue, Role, Rule, Topic)
    yield allow(
        "Resources",
        "sqs CreateQueue DeleteMessage GetQueueAttributes GetQueueUrl ListQueueTags ReceiveMessage"
        " SendMessage SetQueueAttributes TagQueue,"
        " sns CreateTopic GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource"
        " SetTopicAttributes Subscribe TagResource,"
        " events DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets TagResource,"
        " cloudwatch ListTagsForResource PutMetricAlarm TagResource,"
        " logs CreateLogGroup ListTagsForResource PutRetentionPolicy TagResource,"
        " lambda CreateFunction GetFunction GetFunctionConfiguration ListTags TagResource,"
        " glue CreateDatabase CreateJob DeleteDatabase GetCrawler GetDatabase GetJob GetJobRuns"
        " GetTables GetTags GetUserDefinedFunctions TagResource UntagResource UpdateDatabase,"
        " iam GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags,"
        " scheduler CreateSchedule DeleteSchedule GetSchedule UpdateSchedule",
        (*scope.arns(*kinds), *scope.log_groups(), *catalog, *scope.patterns(SCHEDULES)),
    )


def _starts(scope: PolicyScope) -> Iterator[Statement]:
    # Glue has no resource for this action, so that only the owner tag can limit it.
    yield allow("MakeCrawlers", "glue CreateCrawler", ANY_RESOURCE, TAGGED_ON_REQUEST)
    yield allow(
        "EventSources",
        "lambda CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping",
        ANY_RESOURCE,
        {"ArnLike": {"lambda:FunctionArn": sorted(scope.arns(Function))}},
    )


def _owned(scope: PolicyScope) -> Iterator[Statement]:
    """Yield the statement to delete resources with the owner tag, and to change their code.

    Other changes follow a creation at once, and a service applies new tags with a delay.
    """
    tagged = (Alarm, Crawler, Function, Job, Queue, Role, Rule, Topic)
    yield allow(
        "Owned",
        "cloudwatch DeleteAlarms UntagResource, events DeleteRule RemoveTargets UntagResource,"
        " glue BatchStopJobRun DeleteCrawler DeleteJob StopCrawler UpdateCrawler UpdateJob,"
        " iam DeleteRole UntagRole,"
        " lambda DeleteFunction UntagResource UpdateFunctionCode UpdateFunctionConfiguration,"
        " logs DeleteLogGroup UntagResource, sns DeleteTopic UntagResource,"
        " sqs DeleteQueue UntagQueue",
        (*scope.arns(*tagged), *scope.log_groups()),
        TAGGED,
    )


def _roles(scope: PolicyScope) -> Iterator[Statement]:
    """Yield the statements to create roles and to change roles with the owner tag.

    With a boundary, the operator can only change roles that have it, and cannot set it on a role
    that exists. So an attacker who tags the role of another owner cannot change it. Tags cannot
    limit `iam:PassRole`, only names can.
    """
    roles = scope.arns(Role)
    bound = {"StringEquals": {"iam:PermissionsBoundary": scope.boundary}}
    bounded = bound if scope.boundary else {}
    binding = "" if scope.boundary else " DeleteRolePermissionsBoundary PutRolePermissionsBoundary"
    yield allow("MakeRoles", "iam CreateRole", roles, {**TAGGED_ON_REQUEST, **bounded})
    yield allow("MarkRoles", "iam TagRole", roles, TAGGED_ON_REQUEST)
    yield allow(
        "ChangeRoles",
        f"iam DeleteRolePolicy DetachRolePolicy PutRolePolicy UpdateAssumeRolePolicy{binding}",
        roles,
        {**TAGGED, **bounded},
    )
    yield allow("PassRoles", "iam PassRole", roles, {"StringEquals": PASSED_TO})
