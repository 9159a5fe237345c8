"""Batch: one start for a batch of queue messages, and the messages that have to come back."""

import json
import sys
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

Json = dict[str, Any]

CALL_ENTRIES = 10  # what one ChangeMessageVisibilityBatch takes


def is_recovery(body: Json) -> bool:
    """Whether the operator sent this message because it saw work left over: "look now"."""
    return body.get("source") == "dataflowxpress"


def start_once(
    event: Json,
    *,
    is_wanted: Callable[[Json], bool],
    start: Callable[[], Any],
    busy: str,
    retry_seconds: int,
) -> Json:
    """Call `start` once if any message wants it; return what Lambda expects of a batch.

    `is_wanted` judges a message's decoded body and raises when it cannot understand it; `busy` is
    the error code that says something runs already, and may have passed what is new. Whatever was
    not done comes back after `retry_seconds`, and redriving decides what is dead.
    """
    records = event["Records"]
    wanted, strange = [], []
    for record in records:
        try:
            if is_wanted(json.loads(record["body"])):
                wanted.append(record)
        except (ValueError, KeyError, TypeError, AttributeError):
            log("error", "message not understood", id=record["messageId"], body=record["body"])
            strange.append(record)
    back = strange + (wanted if wanted and not _started(start, busy) else [])
    log("info", "batch done", messages=len(records), wanted=len(wanted), back=len(back))
    return_after(retry_seconds, back)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in back]}


def log(level: str, message: str, **fields: Any) -> None:
    """Write one line of JSON; an error brings the traceback of what is being handled, if any."""
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
    except Exception:  # noqa: BLE001 - whatever it was, the messages must come back soon
        log("error", "start failed")
        return False
    return True


def return_after(seconds: int, records: list[Json]) -> None:
    """Let the messages come back after `seconds` instead of the queue's full visibility timeout."""
    for first in range(0, len(records), CALL_ENTRIES):
        _hide(seconds, records[first : first + CALL_ENTRIES])


def _hide(seconds: int, records: list[Json]) -> None:
    entries = [
        {"Id": str(number), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": seconds}
        for number, record in enumerate(records)
    ]
    try:
        answer = _sqs().change_message_visibility_batch(
            QueueUrl=_queue_url(records[0]["eventSourceARN"]), Entries=entries
        )
    except Exception:  # noqa: BLE001 - they come back all the same, only later
        log("error", "messages come back late")
        return
    if answer.get("Failed"):
        log("error", "messages come back late", failed=answer["Failed"])


def _queue_url(arn: str) -> str:
    _, _, _, _, account, name = arn.split(":")
    return f"{_sqs().meta.endpoint_url}/{account}/{name}"


@cache
def _sqs() -> Any:
    return boto3.client("sqs")
