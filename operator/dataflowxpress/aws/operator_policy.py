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
from .resources.schedule import ARN_FORMAT as SCHEDULES

ANY_RESOURCE = ("*",)  # for actions that do not support resource-level permissions
TAGGED_ON_REQUEST = {"Null": {f"aws:RequestTag/{OWNER_TAG}": "false"}}
TAGGED = {"Null": {f"aws:ResourceTag/{OWNER_TAG}": "false"}}
# A bucket that does not exist has no account: S3 must report that it is absent.
IN_ACCOUNT_IF_KNOWN = {"StringEqualsIfExists": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
IN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
PASSED_TO = {
    "iam:PassedToService": [
        "glue.amazonaws.com",
        "lambda.amazonaws.com",
        "scheduler.amazonaws.com",
    ]
}
THROUGH_S3 = {"StringLike": {"kms:ViaService": "s3.*"}}  # each partition has its own domain
THROUGH_SQS = {"StringLike": {"kms:ViaService": "sqs.*"}}


class PolicyScope(NamedTuple):
    """Limits of the operator policy; the default allows every name."""

    prefixes: tuple[str, ...] = ("",)  # of the names of the resources that the operator creates
    boundary: str = ""  # ARN of the permissions boundary that every role must have
    keys: tuple[str, ...] = ("arn:*:kms:*:*:key/*",)  # that S3 uses for the operator
    accounts: tuple[str, ...] = ()  # of the roles in `spec.roleArn`; by default the operator's own
    organization: str = ""  # ID of the organization of the roles in `spec.roleArn`

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


def lists() -> dict[str, Any]:
    """Return the optional policy document for the lists of an account.

    A list shows the resources of others, too, so it is a policy of its own.
    """
    statement = _allow(
        "Lists",
        "events ListRules, glue GetClassifiers GetCrawlers GetDatabases GetJobs,"
        " iam GetAccountAuthorizationDetails, lambda ListFunctions, sns ListSubscriptions",
        ANY_RESOURCE,
    )
    return {"Version": VERSION, "Statement": [statement]}


def encryption(scope: PolicyScope = UNRESTRICTED) -> dict[str, Any]:
    """Return the optional policy document for `spec.encryption`.

    It is a policy of its own, because a managed policy has 6,144 characters at most.
    """
    groups = tuple(_log_groups(scope))
    statements = [
        _allow("KeyPolicies", "kms GetKeyPolicy", scope.keys),
        _allow("Messages", "kms Decrypt GenerateDataKey", scope.keys, THROUGH_SQS),
        _allow("LogKeys", "logs AssociateKmsKey DisassociateKmsKey", groups),
    ]
    return {"Version": VERSION, "Statement": statements}


def network() -> dict[str, Any]:
    """Return the optional policy document for `spec.network`: Lambda checks it at each change."""
    actions = "ec2 DescribeSecurityGroups DescribeSubnets DescribeVpcs"
    return {"Version": VERSION, "Statement": [_allow("Networks", actions, ANY_RESOURCE)]}


def text(scope: PolicyScope = UNRESTRICTED) -> str:
    """Return the policy document as JSON text."""
    return as_text(document(scope))


def as_text(policy: Mapping[str, Any]) -> str:
    """Return a policy document as JSON text."""
    return json.dumps(policy, indent=2) + "\n"


def _statements(scope: PolicyScope) -> Iterator[Statement]:
    yield from _identities(scope)
    yield from _data(scope)
    yield from _resources(scope)
    yield from _starts(scope)
    yield from _owned(scope)
    yield from _roles(scope)


def _allow(sid: str, actions: str, on: tuple[str, ...], when: Mapping[str, Any] = {}) -> Statement:
    """Return a statement.

    *actions* is a comma-separated list of services, each followed by the names of its actions.
    """
    services = (each.split() for each in actions.split(","))
    listed = sorted(f"{service}:{name}" for service, *names in services for name in names)
    statement = {"Sid": sid, "Effect": "Allow", "Action": listed, "Resource": sorted({*on})}
    return {**statement, "Condition": when} if when else statement


def _identities(scope: PolicyScope) -> Iterator[Statement]:
    roles = tuple(
        f"arn:*:iam::{account}:role/dataflowxpress-{prefix}*"
        for account in scope.accounts or ("*",)
        for prefix in scope.prefixes
    )
    in_accounts = {} if scope.accounts else IN_ACCOUNT
    in_organization = {"StringEquals": {"aws:ResourceOrgID": scope.organization}}
    when = in_organization if scope.organization else in_accounts
    yield _allow("OtherIdentities", "sts AssumeRole TagSession", roles, when)
    yield _allow(
        "Unscoped",
        "cloudwatch DescribeAlarms, glue CreateClassifier DeleteClassifier GetClassifier"
        " UpdateClassifier, lakeformation GrantPermissions ListPermissions RevokePermissions,"
        " lambda ListEventSourceMappings, logs DescribeLogGroups,"
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
        IN_ACCOUNT_IF_KNOWN,
    )
    yield _allow(
        "Objects",
        "s3 AbortMultipartUpload DeleteObject DeleteObjectVersion GetObject PutObject",
        tuple(f"{bucket}/*" for bucket in scope.arns(Bucket)),
        IN_ACCOUNT_IF_KNOWN,
    )
    yield _allow("Keys", "kms Decrypt GenerateDataKey", scope.keys, THROUGH_S3)


def _resources(scope: PolicyScope) -> Iterator[Statement]:
    """Yield the statement for all names of the operator, whichever tags a resource has.

    It is one statement for all services, because a managed policy has 6,144 characters at most. A
    schedule has no tags.
    """
    prefix = Database.arn_format.rpartition("database/")[0]
    inside = ("database/{database}", "table/{database}/*", "userDefinedFunction/{database}/*")
    catalog = scope.patterns(f"{prefix}catalog", *(prefix + each for each in inside))
    kinds = (Alarm, Crawler, Function, Job, Queue, Role, Rule, Topic)
    yield _allow(
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
        (*scope.arns(*kinds), *_log_groups(scope), *catalog, *scope.patterns(SCHEDULES)),
    )


def _starts(scope: PolicyScope) -> Iterator[Statement]:
    # Glue has no resource for this action, so that only the owner tag can limit it.
    yield _allow("MakeCrawlers", "glue CreateCrawler", ANY_RESOURCE, TAGGED_ON_REQUEST)
    yield _allow(
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
    yield _allow(
        "Owned",
        "cloudwatch DeleteAlarms UntagResource, events DeleteRule RemoveTargets UntagResource,"
        " glue BatchStopJobRun DeleteCrawler DeleteJob StopCrawler UpdateCrawler UpdateJob,"
        " iam DeleteRole UntagRole,"
        " lambda DeleteFunction UntagResource UpdateFunctionCode UpdateFunctionConfiguration,"
        " logs DeleteLogGroup UntagResource, sns DeleteTopic UntagResource,"
        " sqs DeleteQueue UntagQueue",
        (*scope.arns(*tagged), *_log_groups(scope)),
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
    yield _allow("MakeRoles", "iam CreateRole", roles, {**TAGGED_ON_REQUEST, **bounded})
    yield _allow("MarkRoles", "iam TagRole", roles, TAGGED_ON_REQUEST)
    yield _allow(
        "ChangeRoles",
        f"iam DeleteRolePolicy DetachRolePolicy PutRolePolicy UpdateAssumeRolePolicy{binding}",
        roles,
        {**TAGGED, **bounded},
    )
    yield _allow("PassRoles", "iam PassRole", roles, {"StringEquals": PASSED_TO})


def _log_groups(scope: PolicyScope) -> Iterator[str]:
    folders = (OF_FUNCTIONS, OF_JOBS)
    groups = (LogGroup.arn_format.replace("{name}", f"{folder}{{name}}") for folder in folders)
    return scope.patterns(*groups)
