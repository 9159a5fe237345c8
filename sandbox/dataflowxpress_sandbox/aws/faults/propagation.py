"""Propagation: what AWS answers while a new role or queue is not visible to a service yet.

Each service reports it in its own words, and some services in several. The answers to the calls for
one resource go through all wordings of the service.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ministack.services import lambda_svc, sqs

from dataflowxpress_sandbox.aws.iam.roles import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflowxpress_sandbox.aws.iam.request import Request


class Wording(NamedTuple):
    """An error code and its message, with the name of the new resource as `{new}`."""

    code: str
    message: str


class _Call(NamedTuple):
    uses: Callable[[Request], tuple[str, float]]  # the resource, and when it was created
    wordings: tuple[Wording, ...]


def _role(arn: str) -> tuple[str, float]:
    created = (record(arn) or {}).get("CreateDate", "")
    return arn, datetime.fromisoformat(created).timestamp() if created else 0


def _role_in(request: Request) -> tuple[str, float]:
    return _role(str(request.fields.get("Role", "")))


def _role_in_target(request: Request) -> tuple[str, float]:
    return _role(str(request.fields.get("Target", {}).get("RoleArn", "")))


def _role_itself(request: Request) -> tuple[str, float]:
    return _role(str(request.fields.get("RoleName", "")))


def _role_of_function(request: Request) -> tuple[str, float]:
    name = str(request.fields.get("FunctionName", "")).rpartition(":")[2]
    function: dict[str, Any] = lambda_svc._functions.get(name) or {}
    return _role(str(function.get("config", {}).get("Role", "")))


def _dead_letter_queue(request: Request) -> tuple[str, float]:
    redrive = request.fields.get("Attributes", {}).get("RedrivePolicy") or "{}"
    arn = str(json.loads(redrive).get("deadLetterTargetArn", ""))
    url = sqs._queue_name_to_url.get(arn.rpartition(":")[2])
    queue = sqs._queues.get(url) or {}
    return arn, float(queue.get("attributes", {}).get("CreatedTimestamp", 0))


_INVALID = "InvalidParameterValueException"
_CALLS = {
    "lambda:CreateFunction": _Call(
        _role_in,
        (
            Wording(_INVALID, "The role defined for the function cannot be assumed by Lambda."),
            Wording(
                _INVALID,
                "Lambda was unable to configure access to your environment variables because the"
                " KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS"
                " Exception: InvalidArnException KMS Message: ARN does not refer to a valid"
                " principal: {new}",
            ),
        ),
    ),
    "lambda:CreateEventSourceMapping": _Call(
        _role_of_function,
        (
            Wording(
                _INVALID,
                "The function execution role does not have permissions to call ReceiveMessage on"
                " SQS",
            ),
        ),
    ),
    "glue:CreateCrawler": _Call(
        _role_in,
        (
            Wording(
                "InvalidInputException",
                "Service is unable to assume provided role. Please verify role's TrustPolicy",
            ),
            Wording(
                "InvalidInputException",
                "The security token included in the request is invalid. (Service:"
                " AWSSecurityTokenService; Status Code: 403; Error Code: InvalidClientTokenId)",
            ),
            Wording(
                "InvalidInputException",
                "Unable to validate existence of s3 target s3://bucket/prefix because: Access"
                " Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)",
            ),
        ),
    ),
    "scheduler:CreateSchedule": _Call(
        _role_in_target,
        (
            Wording(
                "ValidationException",
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the"
                " role.",
            ),
        ),
    ),
    "iam:PutRolePolicy": _Call(
        _role_itself,
        (
            Wording(
                "AccessDenied",
                "User: operator is not authorized to perform: iam:PutRolePolicy on resource: role"
                " {new} because no identity-based policy allows the iam:PutRolePolicy action",
            ),
        ),
    ),
    "sqs:CreateQueue": _Call(
        _dead_letter_queue,
        (
            Wording(
                "InvalidParameterValue",
                "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not"
                " exist.",
            ),
        ),
    ),
}


class Propagation:
    """The answers to calls that use resources younger than some seconds."""

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str]] = Counter()

    @staticmethod
    def affects(action: str, request: Request, seconds: float) -> bool:
        """Return whether the call uses a resource that is not visible yet."""
        if action not in _CALLS:
            return False
        name, created = _CALLS[action].uses(request)
        return bool(name) and time.time() - created < seconds

    def answer(self, action: str, request: Request) -> Wording:
        """Return the next wording of AWS for the resource."""
        call = _CALLS[action]
        name, _ = call.uses(request)
        turn = self._answered[action, name]
        self._answered[action, name] += 1
        code, message = call.wordings[turn % len(call.wordings)]
        return Wording(code, message.replace("{new}", name))
