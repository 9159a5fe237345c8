"""Record: the CloudTrail record of one call."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dataflowxpress_sandbox.aws.operations import Call

_OK = 300  # HTTP
_WITH_RESPONSE = frozenset({"lambda"})  # other services leave `responseElements` empty
_CODE = re.compile(rb"<Code>([^<]+)</Code>")


def record(
    call: Call,
    caller: str,
    region: str,
    headers: Mapping[str, str],
    answer: tuple[int, Mapping[str, str], Any],
) -> dict[str, Any]:
    """Return the record of a management event."""
    account = caller.split(":")[4]
    status, _, body = answer
    shape = call.operation.input_shape
    asked = names.parameters(call.parameters, shape, call.service) if shape else None
    return {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller),
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{names.source(call.service)}.amazonaws.com",
        "eventName": names.event_name(call.service, call.operation.name),
        "awsRegion": names.region_of(call.service, region),
        "sourceIPAddress": "127.0.0.1",
        "userAgent": headers.get("user-agent", ""),
        "requestParameters": asked,
        "responseElements": _response(call.service, status, body),
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        **({"errorCode": _error(body)} if status >= _OK else {}),
    }


def _identity(caller: str) -> dict[str, Any]:
    account, resource = caller.split(":", 5)[4:]
    kind, _, name = resource.partition("/")
    identity = {"arn": caller, "accountId": account}
    match kind:
        case "assumed-role":
            role = name.partition("/")[0]
            issuer = {
                "type": "Role",
                "arn": f"arn:aws:iam::{account}:role/{role}",
                "accountId": account,
                "userName": role,
            }
            return {
                "type": "AssumedRole",
                **identity,
                "sessionContext": {"sessionIssuer": issuer},
            }
        case "user":
            return {"type": "IAMUser", **identity, "userName": name.rpartition("/")[2]}
    return {"type": "Root", **identity}


def _response(service: str, status: int, body: Any) -> Any:
    if service not in _WITH_RESPONSE or status >= _OK or not body:
        return None
    return names.small(json.loads(body))


def _error(body: Any) -> str:
    content = body if isinstance(body, bytes) else b""
    if found := _CODE.search(content):
        return found[1].decode()
    try:
        return str(json.loads(content)["__type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError):
        return "ClientError"
