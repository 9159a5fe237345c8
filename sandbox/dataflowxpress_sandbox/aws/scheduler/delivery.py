"""Delivery: sends the message of a schedule with the permissions of its execution role."""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dataflowxpress_sandbox.aws import service_role
from dataflowxpress_sandbox.aws.service_role import CannotAssumeError

if TYPE_CHECKING:
    from datetime import datetime

    from dataflowxpress_sandbox.aws import Aws

logger = logging.getLogger("dataflowxpress.scheduler")

SERVICE = "scheduler.amazonaws.com"


class DeliveryError(Exception):
    """AWS cannot deliver the message."""


def deliver(aws: Aws, schedule: dict[str, Any], due: datetime, attempt: int) -> None:
    """Send the message of a schedule to its queue; raises DeliveryError."""
    target = schedule["Target"]
    try:
        _send(aws, target, target["Arn"], _body(schedule, due, attempt))
    except (ClientError, CannotAssumeError) as error:
        raise DeliveryError(str(error)) from error


def bury(aws: Aws, schedule: dict[str, Any], due: datetime, error: str) -> None:
    """Send the message to the dead-letter queue, if there is one and the role allows it."""
    target = schedule["Target"]
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if not queue:
        logger.warning("schedule %s: message dropped: %s", schedule["Name"], error)
        return
    attributes = {
        "ERROR_MESSAGE": error[:1000],
        "SCHEDULE_ARN": schedule["Arn"],
        "SCHEDULED_TIME": _text(due),
        "TARGET_ARN": target["Arn"],
    }
    typed = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
    try:
        _send(aws, target, queue, _body(schedule, due, 0), MessageAttributes=typed)
    except (ClientError, CannotAssumeError) as failed:
        logger.warning("schedule %s: no dead letter: %s", schedule["Name"], failed)


def _send(aws: Aws, target: dict[str, Any], queue: str, body: str, **more: Any) -> None:
    role = service_role.assume(aws, target["RoleArn"], uuid.uuid4().hex, SERVICE)
    account, name = queue.split(":")[4:]
    url = f"{aws.endpoint}/{account}/{name}"
    role.client("sqs").send_message(QueueUrl=url, MessageBody=body, **more)


def _body(schedule: dict[str, Any], due: datetime, attempt: int) -> str:
    """Return the input with the values of the context attributes."""
    values = {
        "schedule-arn": schedule["Arn"],
        "scheduled-time": _text(due),
        "execution-id": uuid.uuid4().hex,
        "attempt-number": str(attempt),
    }
    body: str = schedule["Target"].get("Input") or json.dumps({})
    for name, value in values.items():
        body = body.replace(f"<aws.scheduler.{name}>", value)
    return body


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
