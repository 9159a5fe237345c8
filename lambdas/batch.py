"""Batch: starts a crawl or run once per batch of queue messages, and returns unprocessed ones."""

import json
import sys
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

Json = dict[str, Any]

CALL_ENTRIES = 10  # the limit of ChangeMessageVisibilityBatch


def is_recovery(body: Json) -> bool:
    """Return whether the operator sent this message to recover unfinished work."""
    return body.get("source") == "dataflowxpress"


def start_once(
    event: Json,
    *,
    is_wanted: Callable[[Json], bool],
    start: Callable[[], Any],
    busy: str,
    retry_seconds: int,
) -> Json:
    """Call `start` once if any message requires it; return a partial batch response.

    `is_wanted` returns whether a decoded body requires a start, and raises if the body is invalid.
    `busy` is the error code for a crawl or run in progress, which may have missed new objects.
    Messages that were not processed are visible again after `retry_seconds`; the queue's redrive
    policy limits the attempts.
    """
    records = event["Records"]
    wanted, invalid = [], []
    for record in records:
        try:
            if is_wanted(json.loads(record["body"])):
                wanted.append(record)
        except (ValueError, KeyError, TypeError, AttributeError):
            log("error", "invalid message", id=record["messageId"], body=record["body"])
            invalid.append(record)
    returned = invalid + (wanted if wanted and not _started(start, busy) else [])
    log("info", "batch done", messages=len(records), wanted=len(wanted), returned=len(returned))
    return_after(retry_seconds, returned)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in returned]}


def log(level: str, message: str, **fields: Any) -> None:
    """Write one line of JSON; errors include the traceback of the handled exception, if any."""
    line = {"level": level, "message": message, **fields}
    if level == "error" and sys.exc_info()[0]:
        line["exception"] = traceback.format_exc()
    sys.stdout.write(json.dumps(line) + "\n")


def _started(start: Callable[[], Any], busy: str) -> bool:
    try:
        start()
    except ClientError as error:
        if error.response["Error"]["Code"] == busy:
            log("info", "already running", code=busy)
        else:
            log("error", "start failed")
        return False
    except Exception:  # noqa: BLE001 - after any error, the messages must return soon
        log("error", "start failed")
        return False
    return True


def return_after(seconds: int, records: list[Json]) -> None:
    """Make messages visible again after `seconds`, not after the queue's visibility timeout."""
    for first in range(0, len(records), CALL_ENTRIES):
        _change_visibility(seconds, records[first : first + CALL_ENTRIES])


def _change_visibility(seconds: int, records: list[Json]) -> None:
    entries = [
        {"Id": str(number), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": seconds}
        for number, record in enumerate(records)
    ]
    try:
        response = _sqs().change_message_visibility_batch(
            QueueUrl=_queue_url(records[0]["eventSourceARN"]), Entries=entries
        )
    except Exception:  # noqa: BLE001 - the messages return anyway, only later
        log("error", "messages return late")
        return
    if response.get("Failed"):
        log("error", "messages return late", failed=response["Failed"])


def _queue_url(arn: str) -> str:
    _, _, _, _, account, name = arn.split(":")
    return f"{_sqs().meta.endpoint_url}/{account}/{name}"


@cache
def _sqs() -> Any:
    return boto3.client("sqs")
