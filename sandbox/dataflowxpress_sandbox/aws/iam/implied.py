"""Implied permissions: the further actions that a call requires besides its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from ministack.services import s3

from .encryption import key_of
from .request import Request
from .roles import record

_TAGGING = {  # a creation with tags also requires the tagging action
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
_PASSING = {  # the service to which the call passes a role
    "glue:CreateCrawler": "glue",
    "glue:CreateJob": "glue",
    "glue:UpdateCrawler": "glue",
    "glue:UpdateJob": "glue",
    "lambda:CreateFunction": "lambda",
    "lambda:UpdateFunctionConfiguration": "lambda",
    "scheduler:CreateSchedule": "scheduler",
    "scheduler:UpdateSchedule": "scheduler",
}
_CONNECTING = {"lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"}
_OF_MESSAGES = {  # what SQS and SNS require from the caller, if the target is encrypted
    "sns:Publish": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
}
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


class Needed(NamedTuple):
    """A required action on a resource, with its condition keys."""

    action: str
    resource: str
    context: Mapping[str, Any]


def implied(
    request: Request, action: str, resource: str, context: Mapping[str, Any]
) -> Iterator[Needed]:
    """Yield the further permissions that *action* on *resource* requires."""
    if action in _TAGGING and context.get("aws:TagKeys"):
        yield Needed(_TAGGING[action], _created(request, action, resource), context)
    if action == "s3:CreateBucket" and b"<Tags>" in request.body:
        yield Needed("s3:TagResource", resource, context)
    if action == "sts:AssumeRole" and any(name.startswith("Tags.") for name in request.fields):
        yield Needed("sts:TagSession", resource, context)
    if role := _passed(request, action):
        service = f"{_PASSING[action]}.amazonaws.com"
        yield Needed("iam:PassRole", role, {"iam:PassedToService": service})
    yield from _of_network(request, action, context)
    if source := unquote(request.headers.get("x-amz-copy-source", "")).lstrip("/"):
        key = source.partition("?versionId=")[0]
        yield Needed("s3:GetObject", f"arn:aws:s3:::{key}", context)
    if request.service == "s3" and resource.count("/"):
        yield from _of_encryption(request, action, resource)
    if action in _OF_MESSAGES and (key := key_of(resource)):
        yield from _through(request, request.service, key, _OF_MESSAGES[action])


def _of_network(request: Request, action: str, context: Mapping[str, Any]) -> Iterator[Needed]:
    """Yield what Lambda requires from the caller, and EC2 on each resource of a new interface."""
    if action in _CONNECTING and (request.fields.get("VpcConfig") or {}).get("SubnetIds"):
        for read in ("DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"):
            yield Needed(f"ec2:{read}", "*", {})
    if action == "ec2:CreateNetworkInterface":
        where = [f"subnet/{request.fields['SubnetId']}"]
        groups = (v for k, v in request.fields.items() if k.startswith("SecurityGroupId."))
        for each in (*where, *(f"security-group/{group}" for group in groups)):
            yield Needed(action, request.arn("ec2", each), context)


def _created(request: Request, action: str, resource: str) -> str:
    """Return the ARN of the new resource, also if the creation itself is checked on `*`."""
    if action != "glue:CreateCrawler":
        return resource
    return request.arn("glue", f"crawler/{request.fields.get('Name', '')}")


def _passed(request: Request, action: str) -> str:
    """Return the ARN of the role in a call, which names it with or without its path."""
    if action not in _PASSING:
        return ""
    fields = request.fields.get("JobUpdate", request.fields)
    role = str(fields.get("Role") or fields.get("Target", {}).get("RoleArn", ""))
    if not role or role.startswith("arn:"):
        return role
    found = record(role)
    return str(found["Arn"]) if found else request.arn("iam", f"role/{role}")


def _of_encryption(request: Request, action: str, resource: str) -> Iterator[Needed]:
    """Yield the KMS permissions that S3 requires from the caller."""
    bucket, _, key = resource.rpartition(":")[2].partition("/")
    actions = _kms_actions(request, action)
    arn = _key_of(bucket, key if "kms:GenerateDataKey" not in actions else "")
    if not arn.startswith("arn:"):
        return
    yield from _through(request, "s3", arn, actions)


def _through(request: Request, service: str, key: str, actions: Sequence[str]) -> Iterator[Needed]:
    """Yield the actions on a key that a service uses for the caller."""
    condition = {"kms:ViaService": f"{service}.{request.region}.amazonaws.com"}
    for each in actions:
        yield Needed(each, key, {**condition, "kms:CallerAccount": request.account})


def _kms_actions(request: Request, action: str) -> list[str]:
    if action == "s3:PutObject":
        parts = "uploadId" in request.params or "uploads" in request.params
        return ["kms:GenerateDataKey", *(["kms:Decrypt"] if parts else [])]
    checksum = request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    decrypts = request.method == "GET" or checksum
    return ["kms:Decrypt"] if action.startswith("s3:GetObject") and decrypts else []


def _key_of(bucket: str, key: str) -> str:
    """Return the KMS key of an object, or of new objects; empty if there is none."""
    if not key:
        return str((s3._bucket_default_sse_headers(bucket) or {}).get(_KEY, ""))
    stored = ((s3._buckets.get(bucket) or {}).get("objects") or {}).get(key) or {}
    return str(s3._stored_sse_headers(stored).get(_KEY, ""))
