"""Samples: two pipelines, and the events of calls that may concern them."""

from __future__ import annotations

import json
from typing import Any

from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.controller.change_index import ChangeIndex

ACCOUNT, REGION = "111122223333", "eu-west-1"
ORDERS, OTHERS = Reference("shop", "orders", "u1", 1), Reference("shop", "others", "u2", 1)
SOMEBODY = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice"
OPERATOR = f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/pod-1"
AGENT = "Boto3/1 md/Botocore#1 dataflowxpress"
DAY = 86_400.0
QUEUES = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"


def resource(
    kind: str, name: str, service: str, path: str = "", account: str = ACCOUNT
) -> ResourceStatus:
    region = "" if service == "iam" else REGION
    arn = f"arn:aws:{service}:{region}:{account}:{path}{name}"
    return ResourceStatus(kind=kind, name=name, key=(name,), arn=arn, state="Ready")


def status(name: str, account: str = ACCOUNT) -> Status:
    """Return the status of a pipeline with some resources."""
    topic = f"arn:aws:sns:{REGION}:{account}:{name}"
    return Status(
        resources=(
            resource("Queue", name, "sqs", account=account),
            resource("Role", f"{name}-job", "iam", "role/", account),
            resource("Crawler", name, "glue", "crawler/", account),
            resource("Alarm", name, "cloudwatch", "alarm:", account),
            ResourceStatus(kind="Classifier", name=name, key=(name,), state="Ready"),
            ResourceStatus(
                kind="Subscription", name="a@b.c", key=(topic, "email", "a@b.c"), state="Ready"
            ),
        )
    )


def event(  # noqa: PLR0913 - each but the first three is rarely given
    name: str = "UpdateCrawler",
    source: str = "glue",
    asked: Any = None,
    *,
    caller: str = SOMEBODY,
    agent: str = "aws-cli/2",
    region: str = REGION,
    account: str = ACCOUNT,
    **detail: Any,
) -> str:
    return json.dumps(
        {
            "version": "0",
            "detail-type": "AWS API Call via CloudTrail",
            "account": account,
            "region": region,
            "detail": {
                "eventSource": f"{source}.amazonaws.com",
                "eventName": name,
                "userIdentity": {"type": "AssumedRole", "arn": caller},
                "userAgent": agent,
                "requestParameters": asked,
                **detail,
            },
        }
    )


def filled_index() -> ChangeIndex:
    """Return the index of both pipelines."""
    index = ChangeIndex()
    for reference in (ORDERS, OTHERS):
        index.observe(reference.key, status(reference.name))
    return index
