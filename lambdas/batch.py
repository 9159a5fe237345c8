"""Batch: starts a crawl or run for a batch of queue messages, if none has covered them yet."""

import json
import math
import sys
import time
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, Protocol

import boto3
from botocore.exceptions import ClientError

Json = dict[str, Any]

# Numbers and times of a message can be out of range, too.
INVALID = (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError)
CALL_ENTRIES = 10  # the limit of ChangeMessageVisibilityBatch
LONGEST_PAUSE = 42_000  # seconds; SQS hides a message for twelve hours at most


class Progress(NamedTuple):
    """The last crawl or run; times are in seconds since 1970, and 0 if there was none."""

    is_active: bool = False
    started: float = 0
    covered: float = 0  # a crawl or run has seen all uploads and requests before this time


class Work(Protocol):
    """A crawl or a run."""

    busy: str  # the error code of a start while one is active

    def progress(self) -> Progress:
        """Return the progress of the last one."""

    def start(self) -> None:
        """Start one."""


class Timing(NamedTuple):
    """When messages return and when work starts, in seconds."""

    retry: int  # until a returned message is visible again
    interval: int  # at least between two starts

    @classmethod
    def of(cls, settings: Json) -> "Timing":
        """Return the timing that the settings of a function say."""
        return cls(int(settings["RETRY_SECONDS"]), int(settings.get("MIN_INTERVAL_SECONDS", 0)))


class _Wanted(NamedTuple):
    record: Json
    asked: float


Asked = Callable[[Json, float], float | None]


def start_once(event: Json, *, asked: Asked, work: Work, timing: Timing) -> Json:
    """Start `work` once if any message requires it; return a partial batch response.

    `asked` gets a decoded body, and the time at which SQS received it. It returns the time until
    which work must have seen all uploads, or None if the message requires no start, and raises if
    the body is invalid. A message that an earlier crawl or run has covered requires none. The
    others return while one is active, because it can have missed them, and until the interval
    since the last start is over. The queue's redrive policy limits the attempts.
    """
    records = event["Records"]
    wanted, invalid = _sorted(records, asked)
    returned, seconds = _attempt(wanted, work, timing) if wanted else ([], 0)
    log("info", "batch done", messages=len(records), wanted=len(wanted), returned=len(returned))
    return_after(timing.retry, invalid)
    return_after(seconds, returned)
    failed = [{"itemIdentifier": record["messageId"]} for record in invalid + returned]
    return {"batchItemFailures": failed}


def log(level: str, message: str, **fields: Any) -> None:
    """Write one line of JSON; errors include the traceback of the handled exception, if any."""
    line = {"level": level, "message": message, **fields}
    if level == "error" and sys.exc_info()[0]:
        line["exception"] = traceback.format_exc()
    sys.stdout.write(json.dumps(line) + "\n")


def _sorted(records: list[Json], asked: Asked) -> tuple[list[_Wanted], list[Json]]:
    """Return the messages that may require a start, and the invalid ones."""
    wanted, invalid = [], []
    for record in records:
        try:
            sent = int(record["attributes"]["SentTimestamp"]) / 1000
            moment = asked(json.loads(record["body"]), sent)
        except INVALID:
            log("error", "invalid message", id=record["messageId"], body=record["body"])
            invalid.append(record)
        else:
            wanted += [] if moment is None else [_Wanted(record, moment)]
    return wanted, invalid


def _attempt(wanted: list[_Wanted], work: Work, timing: Timing) -> tuple[list[Json], int]:
    """Start *work* if it is due; return the messages that must return, and after which time."""
    everything = [each.record for each in wanted]
    try:
        progress = work.progress()
        if progress.is_active:
            log("info", "already running")
            return everything, timing.retry
        due = [each for each in wanted if each.asked > progress.covered]
        if not due:
            log("info", "already covered")
            return [], 0
        pause = math.ceil(progress.started + timing.interval - time.time())
        if progress.started and pause > 0:
            log("info", "started recently", seconds=pause)
            return [each.record for each in due], min(pause, LONGEST_PAUSE)
        work.start()
    except ClientError as error:
        if error.response["Error"]["Code"] != work.busy:
            log("error", "start failed")
        else:
            log("info", "already running", code=work.busy)
        return everything, timing.retry
    except Exception:  # noqa: BLE001 - after any error, the messages must return soon
        log("error", "start failed")
        return everything, timing.retry
    return [], 0


def return_after(seconds: int, records: list[Json]) -> None:
    """Make messages visible again after `seconds`, not after the queue's visibility timeout."""
    for first in range(0, len(records), CALL_ENTRIES):
        _change_visibility(seconds, records[first : first + CALL_ENTRIES])


def queue_url(arn: str) -> str:
    """Return the URL of a queue."""
    _, _, _, _, account, name = arn.split(":")
    return f"{sqs().meta.endpoint_url}/{account}/{name}"


@cache
def sqs() -> Any:
    """Return the client of SQS."""
    return boto3.client("sqs")


def _change_visibility(seconds: int, records: list[Json]) -> None:
    entries = [
        {"Id": str(number), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": seconds}
        for number, record in enumerate(records)
    ]
    try:
        response = sqs().change_message_visibility_batch(
            QueueUrl=queue_url(records[0]["eventSourceARN"]), Entries=entries
        )
    except Exception:  # noqa: BLE001 - the messages return anyway, only later
        log("error", "messages return late")
        return
    if response.get("Failed"):
        log("error", "messages return late", failed=response["Failed"])
