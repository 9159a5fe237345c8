"""Optional policies: what the operator needs for lists, `spec.encryption` and `spec.network`."""

from __future__ import annotations

from typing import Any

from .policy_scope import ANY_RESOURCE, UNRESTRICTED, PolicyScope, allow
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


def network() -> dict[str, Any]:
    """Return the optional policy document for `spec.network`: Lambda checks it at each change."""
    actions = "ec2 DescribeSecurityGroups DescribeSubnets DescribeVpcs"
    return {"Version": VERSION, "Statement": [allow("Networks", actions, ANY_RESOURCE)]}
