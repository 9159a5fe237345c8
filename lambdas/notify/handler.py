"""Notify: sends one email for each failed crawl, failed run, and run that converted objects."""

import json
from functools import cache, partial
from typing import Any

import boto3
from bounded import Unreadable
from settings import settings

from batch import Json, log, return_after
from bucket import Bucket
from job_runs import dpu_seconds
from mail import Mail, PipelineInfo, compose


def handler(event: Json, _context: object) -> Json:
    """Handle a batch of Glue events; events without a sent notification return to the queue."""
    failed = [record for record in event["Records"] if not _is_notified(record)]
    return_after(int(settings()["RETRY_SECONDS"]), failed)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _is_notified(record: Json) -> bool:
    try:
        _notify(json.loads(record["body"]))
    except Exception:  # noqa: BLE001 - a failed event must not block the others
        log("error", "not notified", id=record["messageId"], body=record["body"])
        return False
    return True


def _notify(event: Json) -> None:
    """Send the notification of an event once.

    The event is recorded after its notification is sent. A crash between the two calls repeats a
    notification; the opposite order would lose one. Any other duplicate event is ignored.
    """
    bucket, pipeline = Bucket.of(settings()), PipelineInfo.of(settings())
    if bucket.is_notified(event["id"]):
        return
    if mail := compose(
        event,
        pipeline,
        figures=partial(_figures, bucket),
        waiting=partial(_count_waiting, bucket),
        dpu_seconds=dpu_seconds,
    ):
        _publish(mail)
        bucket.mark_notified(event["id"])


def _figures(bucket: Bucket, run: str) -> Json | None:
    """Return the summary of a run, without figures if it is not readable."""
    try:
        return bucket.figures(run)
    except Unreadable as error:
        log("error", "summary not read", reason=str(error))
        return {}


def _count_waiting(bucket: Bucket) -> int | str | None:
    """Count the waiting uploads, or return why the number is unknown: the mail must go out."""
    try:
        return bucket.waiting()
    except Unreadable as error:
        log("error", "waiting uploads not counted", reason=str(error))
        return f"unknown, because {error}"


def _publish(mail: Mail) -> None:
    response = _sns().publish(TopicArn=settings()["TOPIC"], Subject=mail.subject, Message=mail.text)
    log("info", "notified", subject=mail.subject, id=response.get("MessageId"))


@cache
def _sns() -> Any:
    return boto3.client("sns")
