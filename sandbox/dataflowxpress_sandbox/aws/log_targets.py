"""Log targets: S3 refuses access logs for a bucket to which it cannot write them."""

from __future__ import annotations

from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id
from ministack.services import s3

WRITER = "logging.s3.amazonaws.com"
NEEDED = frozenset({"WRITE", "READ_ACP"})  # in an ACL


def install() -> None:
    """Check the target of each `PutBucketLogging`; ministack accepts any."""
    original = s3._put_bucket_logging

    def put(name: str, body: bytes) -> Any:
        enabled = s3._find_xml_tag(s3.fromstring(body), "LoggingEnabled")
        if enabled is None or name not in s3._buckets:
            return original(name, body)
        return _refusal(name, _text(enabled, "TargetBucket"), _text(enabled, "TargetPrefix")) or (
            original(name, body)
        )

    s3._put_bucket_logging = put


def _text(enabled: Any, tag: str) -> str:
    found = s3._find_xml_tag(enabled, tag)
    return (found.text or "") if found is not None else ""


def _refusal(source: str, target: str, prefix: str) -> Any:
    """Return the error of S3, or None if it can write to the target."""
    region = s3.bucket_region(target)
    if region is None:  # also a bucket of another account
        return _invalid(source, "The target bucket for logging does not exist")
    if not (_policy_admits(source, target, prefix) or _acl_admits(target)):
        return _invalid(
            source,
            "You must either provide the necessary permissions to the logging service using a"
            " bucket policy or give the log-delivery group WRITE and READ_ACP permissions to the"
            " target bucket",
        )
    if region != s3.bucket_region(source):
        code, message = "CrossLocationLoggingProhibitted", "Cross-location logging not allowed."
        return s3._error(code, message, 403, f"/{source}")
    return None


def _invalid(source: str, message: str) -> Any:
    return s3._error("InvalidTargetBucketForLogging", message, 400, f"/{source}")


def _policy_admits(source: str, target: str, prefix: str) -> bool:
    """Evaluate the target's policy, with conditions and denials, for a log of the source."""
    context = {"aws:sourceaccount": get_account_id(), "aws:sourcearn": f"arn:aws:s3:::{source}"}
    request = EvalContext(
        principal_arn=WRITER,
        principal_type="Service",
        principal_account="",
        action="s3:PutObject",
        resource_arn=f"arn:aws:s3:::{target}/{prefix}2026-01-01-00-00-00-0123456789ABCDEF",
        region=s3.bucket_region(target) or "",
        service_context=context,
    )
    policy = s3._bucket_policies.get(target)
    return bool(evaluate_resource_policy(policy, request, service=WRITER).decision == "Allow")


def _acl_admits(target: str) -> bool:
    """Return whether the target has ACLs, and its ACL lets the group of S3 deliver logs."""
    if s3._bucket_owner_enforced(s3._buckets[target]):
        return False
    grants = s3._acl_grants(s3._bucket_acl.get(target))
    given = {permission for group, permission in grants if group == s3._ACL_GROUP_LOG_DELIVERY}
    return given >= NEEDED or "FULL_CONTROL" in given
