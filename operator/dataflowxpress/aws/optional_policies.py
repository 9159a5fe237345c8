"""Optional policies: what the operator needs for lists, and for optional fields of a spec."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .policy_scope import (
    ANY_RESOURCE,
    IN_ACCOUNT_IF_KNOWN,
    TAGGED,
    UNRESTRICTED,
    PolicyScope,
    allow,
)
from .resources import Bucket
from .resources.policy import VERSION

THROUGH_SQS = {"StringLike": {"kms:ViaService": "sqs.*"}}


def lists() -> dict[str, Any]:
    """Return the optional policy document for the lists of an account.

    A list shows the resources of others, too, so it is a policy of its own.
    """
    statement = allow(
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
    groups = tuple(scope.log_groups())
    statements = [
        allow("KeyPolicies", "kms GetKeyPolicy", scope.keys),
        allow("Messages", "kms Decrypt GenerateDataKey", scope.keys, THROUGH_SQS),
        allow("LogKeys", "logs AssociateKmsKey DisassociateKmsKey", groups),
    ]
    return {"Version": VERSION, "Statement": statements}


def security_configuration(scope: PolicyScope = UNRESTRICTED) -> dict[str, Any]:
    """Return the optional policy document for `spec.encryption.glueSecurityConfiguration`.

    AWS limits the actions on security configurations neither by a resource nor by a tag.
    """
    configurations = (
        "glue CreateSecurityConfiguration DeleteSecurityConfiguration GetSecurityConfiguration"
    )
    made = "logs AssociateKmsKey CreateLogGroup ListTagsForResource PutRetentionPolicy TagResource"
    groups = tuple(scope.crawler_log_groups())
    statements = [
        allow("SecurityConfigurations", configurations, ANY_RESOURCE),
        allow("CrawlerLogs", made, groups),
        allow("OwnedCrawlerLogs", "logs DeleteLogGroup UntagResource", groups, TAGGED),
    ]
    return {"Version": VERSION, "Statement": statements}


def access_logs(
    scope: PolicyScope = UNRESTRICTED, targets: Iterable[str] = ("*",)
) -> dict[str, Any]:
    """Return the optional policy document for `spec.bucket.accessLogs`.

    *targets* are the names of the buckets to which S3 writes the logs.
    """
    logs = tuple(f"arn:*:s3:::{target}" for target in targets)
    actions = "s3 GetBucketLogging PutBucketLogging"
    statements = [
        allow("AccessLogs", actions, scope.arns(Bucket), IN_ACCOUNT_IF_KNOWN),
        allow("LogBuckets", "s3 GetBucketPolicy", logs, IN_ACCOUNT_IF_KNOWN),
    ]
    return {"Version": VERSION, "Statement": statements}


def network() -> dict[str, Any]:
    """Return the optional policy document for `spec.network`: Lambda checks it at each change."""
    actions = "ec2 DescribeSecurityGroups DescribeSubnets DescribeVpcs"
    return {"Version": VERSION, "Statement": [allow("Networks", actions, ANY_RESOURCE)]}
