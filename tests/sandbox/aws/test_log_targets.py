"""S3 accepts only a target for access logs to which it can write them."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress_sandbox.aws import ACCOUNT, REGION

if TYPE_CHECKING:
    from tests.sandbox.aws.conftest import Place

INVALID = "InvalidTargetBucketForLogging"
GROUP = 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"'


def admitting(target: str, **changes: Any) -> dict[str, Any]:
    """Return the statement of AWS' documentation, with changes."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{target}/*",
    }
    return {**statement, **changes}


def of_account(account: str) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {"aws:SourceAccount": account}}}


def create(place: Place, *statements: dict[str, Any], region: str = REGION, **more: Any) -> str:
    """Create a target for the logs, with a policy of these statements."""
    s3, target = place.aws.client("s3", region=region), f"{place.name}-logs"
    where = {"LocationConstraint": region}
    s3.create_bucket(Bucket=target, CreateBucketConfiguration=where, **more)
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        s3.put_bucket_policy(Bucket=target, Policy=policy)
    return target


def enable(place: Place, code: str | None) -> None:
    """Enable the logs; S3 must refuse that with this code, or accept it."""
    s3 = place.aws.client("s3")
    logging = {"LoggingEnabled": {"TargetBucket": f"{place.name}-logs", "TargetPrefix": "logs/"}}
    with pytest.raises(ClientError, match=code) if code else nullcontext():
        s3.put_bucket_logging(Bucket=place.name, BucketLoggingStatus=logging)
    shown = s3.get_bucket_logging(Bucket=place.name)
    assert shown.get("LoggingEnabled") == (None if code else logging["LoggingEnabled"])


def test_a_bucket_does_not_log_to_an_absent_bucket(place: Place) -> None:
    enable(place, INVALID)


def test_a_bucket_does_not_log_to_a_bucket_of_another_region(place: Place) -> None:
    create(place, admitting(f"{place.name}-logs"), region="eu-central-1")
    enable(place, "CrossLocationLoggingProhibitted")


CHANGES: dict[str, tuple[dict[str, Any], str | None]] = {
    "admits S3": ({}, None),
    "admits S3 for this account": (of_account(ACCOUNT), None),
    "admits S3 for another account": (of_account("555566667777"), INVALID),
    "admits another service": ({"Principal": {"Service": "logs.amazonaws.com"}}, INVALID),
    "admits S3 to read": ({"Action": "s3:GetObject"}, INVALID),
    "admits S3 to another bucket": ({"Resource": "arn:aws:s3:::another-bucket/*"}, INVALID),
    "denies S3": ({"Effect": "Deny"}, INVALID),
}


@pytest.mark.parametrize(("changes", "code"), CHANGES.values(), ids=CHANGES)
def test_the_policy_of_the_target_decides(
    place: Place, changes: dict[str, Any], code: str | None
) -> None:
    create(place, admitting(f"{place.name}-logs", **changes))
    enable(place, code)


def test_a_prefix_in_the_policy_must_be_that_of_the_logs(place: Place) -> None:
    create(
        place, admitting(f"{place.name}-logs", Resource=f"arn:aws:s3:::{place.name}-logs/other/*")
    )
    enable(place, INVALID)


def test_a_denial_wins(place: Place) -> None:
    target = f"{place.name}-logs"
    create(place, admitting(target), admitting(target, Effect="Deny"))
    enable(place, INVALID)


def test_a_bucket_without_a_policy_is_refused(place: Place) -> None:
    create(place)
    enable(place, INVALID)


def test_an_acl_admits_s3_if_the_bucket_has_acls(place: Place) -> None:
    target = create(place, ObjectOwnership="BucketOwnerPreferred")
    acl = {"GrantWrite": GROUP, "GrantReadACP": GROUP}
    place.aws.client("s3").put_bucket_acl(Bucket=target, **acl)
    enable(place, None)
