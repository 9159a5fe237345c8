"""Notify: one mail for each crawl that failed, and for each run that failed or did something."""

import json
import os
from functools import cache
from typing import Any

import boto3

from batch import Json, log, return_after
from bucket import Bucket
from mail import Mail, PipelineInfo, about


def handler(event: Json, _context: object) -> Json:
    """Answer a batch of Glue's events from the queue; what could not be told comes back."""
    back = [record for record in event["Records"] if not _is_notified(record)]
    return_after(int(os.environ["RETRY_SECONDS"]), back)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in back]}


def _is_notified(record: Json) -> bool:
    try:
        _notify(json.loads(record["body"]))
    except Exception:  # noqa: BLE001 - one event that cannot be told keeps no other back
        log("error", "not notified", id=record["messageId"], body=record["body"])
        return False
    return True


def _notify(event: Json) -> None:
    """Tell of an event, unless that was done.

    The mark is set after the mail: a death in between doubles a mail, the other order would lose
    one. What comes twice for any other reason is told once.
    """
    bucket, pipeline = Bucket.of_environment(), PipelineInfo.of_environment()
    if bucket.is_notified(event["id"]):
        return
    if mail := about(event, pipeline, figures=bucket.figures, waiting=bucket.waiting):
        _publish(mail)
        bucket.mark_notified(event["id"])


def _publish(mail: Mail) -> None:
    answer = _sns().publish(TopicArn=os.environ["TOPIC"], Subject=mail.subject, Message=mail.text)
    log("info", "notified", subject=mail.subject, id=answer.get("MessageId"))


@cache
def _sns() -> Any:
    return boto3.client("sns")
