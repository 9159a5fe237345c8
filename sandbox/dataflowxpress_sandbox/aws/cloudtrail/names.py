"""Names: how CloudTrail spells services, operations and parameters, and what it logs as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

GLOBAL_REGION = "us-east-1"  # of the events of global services
_GLOBAL = frozenset({"iam"})
_SOURCES = {"cloudwatch": "monitoring", "resourcegroupstaggingapi": "tagging"}
_READS = ("Get", "List", "Describe", "Head", "BatchGet", "Search", "Filter", "Test", "Simulate")
_DATA = {  # operations that only trails with data events log
    "events": {"PutEvents"},
    "lambda": {"Invoke", "InvokeAsync"},
    "logs": {"PutLogEvents"},
    "monitoring": {"PutMetricData"},
    "sns": {"Publish", "PublishBatch"},
    "sqs": {
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "DeleteMessage",
        "DeleteMessageBatch",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
    },
}
_EVENTS = {
    "s3": {
        "DeleteBucketEncryption": "DeleteBucketEncryption",
        "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
        "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
        "PutBucketNotificationConfiguration": "PutBucketNotification",
        "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    },
    "lambda": {  # with the version of the API
        "AddPermission": "AddPermission20150331v2",
        "CreateEventSourceMapping": "CreateEventSourceMapping20150331",
        "CreateFunction": "CreateFunction20150331",
        "DeleteEventSourceMapping": "DeleteEventSourceMapping20150331",
        "DeleteFunction": "DeleteFunction20150331",
        "DeleteFunctionConcurrency": "DeleteFunctionConcurrency20171031",
        "PutFunctionConcurrency": "PutFunctionConcurrency20171031",
        "RemovePermission": "RemovePermission20150331v2",
        "TagResource": "TagResource20170331v2",
        "UntagResource": "UntagResource20170331v2",
        "UpdateEventSourceMapping": "UpdateEventSourceMapping20150331",
        "UpdateFunctionCode": "UpdateFunctionCode20150331v2",
        "UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
    },
}


def source(service: str) -> str:
    """Return the name of a service in events, by its name in botocore."""
    return _SOURCES.get(service, service)


def region_of(service: str, region: str) -> str:
    """Return the region of the events of a call in *region*."""
    return GLOBAL_REGION if service in _GLOBAL else region


def event_name(service: str, operation: str) -> str:
    """Return the name of the event of an operation."""
    return _EVENTS.get(service, {}).get(operation, operation)


def is_management_write(service: str, operation: str) -> bool:
    """Return whether a call is a management event that is not read-only."""
    if operation.startswith(_READS) or operation in _DATA.get(source(service), ()):
        return False
    return service != "s3" or "Bucket" in operation or "PublicAccessBlock" in operation


def parameters(value: Any, shape: Shape, service: str = "") -> Any:
    """Return parameters as in a record: the first letter of each member is a small one."""
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            known = {name: item for name, item in value.items() if name in shape.members}
            return {
                _member(name, service): parameters(item, shape.members[name])
                for name, item in known.items()
                if not isinstance(item, bytes)  # records hold no code
                and shape.members[name].serialization.get("location") != "header"
            }
        case ListShape() if isinstance(value, list):
            return [parameters(item, shape.member) for item in value]
        case MapShape() if isinstance(value, Mapping):
            return {key: parameters(item, shape.value) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def small(value: Any) -> Any:
    """Return a JSON document with a small first letter of each key."""
    if isinstance(value, Mapping):
        return {f"{key[:1].lower()}{key[1:]}": small(item) for key, item in value.items()}
    return [small(item) for item in value] if isinstance(value, list) else value


def _member(name: str, service: str) -> str:
    if (service, name) == ("s3", "Bucket"):
        return "bucketName"
    return f"{name[:1].lower()}{name[1:]}"
