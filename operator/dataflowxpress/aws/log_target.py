"""Log target: whether S3 can write the access logs of a bucket to the bucket that a spec names."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.api.errors import Refused

from .resources import AccessLogs
from .resources.policy import admits, parse

WRITER = "logging.s3.amazonaws.com"
FIELD = "spec.bucket.accessLogs.bucket"


def check(s3: Any, logs: AccessLogs) -> None:
    """Raise Refused unless the target exists and its policy admits S3.

    S3 refuses the configuration of a target that does not admit it. If the target loses its
    statement later, S3 drops the logs and reports no error.
    """
    if logs.target == logs.bucket.name:
        raise Refused(f"{FIELD}: a bucket cannot log to itself: name another bucket")
    try:
        document = s3.get_bucket_policy(Bucket=logs.target)["Policy"]
    except ClientError as error:
        document = _unread(error, logs)
    if not any(admits(each, WRITER, "s3:PutObject", _objects(logs)) for each in parse(document)):
        raise Refused(
            f"{FIELD}: the policy of bucket {logs.target} does not admit {WRITER} to"
            f" {logs.prefix}: add a statement that allows it s3:PutObject on {_objects(logs)}"
        )


def _objects(logs: AccessLogs) -> str:
    return f"arn:{logs.scope.partition}:s3:::{logs.target}/{logs.prefix}*"


def _unread(error: ClientError, logs: AccessLogs) -> str:
    """Return an empty policy if the target has none; raises Refused if it cannot be the target."""
    code, where = error.response["Error"]["Code"], f"{FIELD}: bucket {logs.target}"
    if code == "NoSuchBucketPolicy":
        return "{}"
    if code == "NoSuchBucket":
        raise Refused(f"{where} does not exist: create it, or name another bucket") from None
    if code == "AccessDenied":
        raise Refused(
            f"{where} must be in account {logs.scope.account}, and the operator needs the policy"
            f" that `dataflowxpress iam access-logs --bucket {logs.target}` prints"
        ) from error
    raise error
