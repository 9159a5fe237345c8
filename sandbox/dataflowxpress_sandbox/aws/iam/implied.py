"""Implied permissions: what a call needs besides the action that is called like it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ministack.services import iam, s3

from .request import Request

_TAGGING = {  # a creation that brings tags tags, too
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "events:PutRule": "events:TagResource",
    "glue:CreateCrawler": "glue:TagResource",
    "glue:CreateDatabase": "glue:TagResource",
    "glue:CreateJob": "glue:TagResource",
    "iam:CreateRole": "iam:TagRole",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
}
_PASSING = {  # a role that a service is to work with is passed to it
    "glue:CreateCrawler": "glue",
    "glue:CreateJob": "glue",
    "glue:UpdateCrawler": "glue",
    "glue:UpdateJob": "glue",
    "lambda:CreateFunction": "lambda",
    "lambda:UpdateFunctionConfiguration": "lambda",
}
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


class Needed(NamedTuple):
    """An action on a resource, and the condition keys with which it is asked for."""

    action: str
    resource: str
    context: Mapping[str, Any]


def implied(
    request: Request, action: str, resource: str, context: Mapping[str, Any]
) -> Iterator[Needed]:
    """Yield what else *action* on *resource* needs."""
    if action in _TAGGING and context.get("aws:TagKeys"):
        yield Needed(_TAGGING[action], resource, context)
    if action == "s3:CreateBucket" and b"<Tags>" in request.body:
        yield Needed("s3:TagResource", resource, context)
    if role := _passed(request, action):
        service = f"{_PASSING[action]}.amazonaws.com"
        yield Needed("iam:PassRole", role, {"iam:PassedToService": service})
    if request.service == "s3" and resource.count("/"):
        yield from _of_encryption(request, action, resource)


def _passed(request: Request, action: str) -> str:
    """Return the ARN of the role in a call, which may name it with or without its path."""
    if action not in _PASSING:
        return ""
    said = request.fields.get("JobUpdate", request.fields)
    role = str(said.get("Role", ""))
    if not role or role.startswith("arn:"):
        return role
    found = iam._roles.get(role.rpartition("/")[2])
    return str(found["Arn"]) if found else request.arn("iam", f"role/{role}")


def _of_encryption(request: Request, action: str, resource: str) -> Iterator[Needed]:
    """Yield what S3 asks KMS for in the caller's name."""
    bucket, _, key = resource.rpartition(":")[2].partition("/")
    actions = _kms_actions(request, action)
    arn = _key_of(bucket, key if "kms:GenerateDataKey" not in actions else "")
    if not arn.startswith("arn:"):
        return
    through = {"kms:ViaService": f"s3.{request.region}.amazonaws.com"}
    for each in actions:
        yield Needed(each, arn, {**through, "kms:CallerAccount": request.account})


def _kms_actions(request: Request, action: str) -> list[str]:
    if action == "s3:PutObject":
        parts = "uploadId" in request.params or "uploads" in request.params
        return ["kms:GenerateDataKey", *(["kms:Decrypt"] if parts else [])]
    sums = request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    opens = request.method == "GET" or sums
    return ["kms:Decrypt"] if action.startswith("s3:GetObject") and opens else []


def _key_of(bucket: str, key: str) -> str:
    """Return the KMS key of an object, or what a new one would get; empty where there is none."""
    if not key:
        return str((s3._bucket_default_sse_headers(bucket) or {}).get(_KEY, ""))
    stored = ((s3._buckets.get(bucket) or {}).get("objects") or {}).get(key) or {}
    return str(s3._stored_sse_headers(stored).get(_KEY, ""))
