"""Key policy: the statements by which a customer-managed key admits the services of a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataflowxpress.api.errors import Refused
from dataflowxpress.planning.resource import Scope

from .resources.policy import Statement, admits, parse, sid

FIELD = "spec.encryption.kmsKeyArn"
CLOUDWATCH, EVENTS, S3 = (f"{name}.amazonaws.com" for name in ("cloudwatch", "events", "s3"))
DELIVERS = ("kms:Decrypt", "kms:GenerateDataKey")  # to an encrypted queue or topic
LOGS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptTo")


def logs_of(region: str) -> str:
    """Return the service principal of CloudWatch Logs."""
    return f"logs.{region}.amazonaws.com"


def statements(partition: str, account: str, region: str) -> Iterator[Statement]:
    """Yield the statements that the policy of a key needs, beside those for its users."""
    yield {
        "Sid": sid("Deliver"),
        "Effect": "Allow",
        "Principal": {"Service": [CLOUDWATCH, EVENTS, S3]},
        "Action": list(DELIVERS),
        "Resource": "*",
    }
    groups = f"arn:{partition}:logs:{region}:{account}:log-group:*"
    yield {
        "Sid": sid("Logs"),
        "Effect": "Allow",
        "Principal": {"Service": logs_of(region)},
        "Action": [
            *("kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*"),
            "kms:ReEncrypt*",
        ],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    }


def check_location(field: str, key_arn: str, scope: Scope, *, same_account: bool) -> None:
    """Raise Refused unless the key is in the region of the pipeline, and in its account if asked.

    S3 accepts a key of another region for a bucket, and then rejects each object.
    """
    region, account = key_arn.split(":")[3:5]
    if region != scope.region:
        raise Refused(
            f"{field}: key {key_arn} is in region {region}, and the pipeline in {scope.region}:"
            " name a key of the pipeline's region, for example a replica of a multi-region key"
        )
    if same_account and account != scope.account:
        raise Refused(
            f"{field}: key {key_arn} is in account {account}, and the pipeline in {scope.account}:"
            " AWS shows a key policy to its own account only: name a key of the pipeline's account"
        )


def check(kms: Any, key_arn: str, region: str, *, uploads: bool) -> None:
    """Raise Refused unless the key exists and its policy admits the services of a pipeline.

    EventBridge and CloudWatch drop what they cannot encrypt, and report no error. S3 sends to a
    queue only if *uploads* start the pipeline.
    """
    try:
        document = kms.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"]
    except kms.exceptions.NotFoundException:
        raise Refused(
            f"{FIELD}: key {key_arn} does not exist in {region}: create it, or name another key"
        ) from None
    services = dict.fromkeys((CLOUDWATCH, EVENTS, *([S3] if uploads else ())), DELIVERS)
    if lacking := list(not_admitted(document, {**services, logs_of(region): LOGS})):
        raise Refused(
            f"{FIELD}: the policy of key {key_arn} does not admit {', '.join(lacking)}: add the"
            " statements that `dataflowxpress iam key` prints"
        )


def not_admitted(document: str, services: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the services to which the document does not allow their actions.

    Conditions and denials are not evaluated.
    """
    found = parse(document)
    for service, actions in services.items():
        if not all(any(admits(each, service, action) for each in found) for action in actions):
            yield service
