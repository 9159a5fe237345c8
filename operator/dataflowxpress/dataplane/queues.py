"""Queues: trigger a pipeline's functions, measure their backlog and redrive dead letters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dataflowxpress.aws.errors import raise_failed_entries
from dataflowxpress.aws.queue_urls import queue_url
from dataflowxpress.aws.resources import Bucket, Queue
from dataflowxpress.blueprint.factory import SOURCE
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.resource import Resource, only

VISIBLE, IN_FLIGHT = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
BATCH = 10  # messages in one call


class Depth(NamedTuple):
    """The number of messages in a queue: visible, and received but not yet deleted."""

    visible: int = 0
    in_flight: int = 0

    @classmethod
    def sum(cls, depths: Iterable[Depth]) -> Depth:
        """Return the number of messages in several queues."""
        return cls(*map(sum, zip(*depths, strict=True)))


class Queues(NamedTuple):
    """The queues that lead to a crawl and to a run, and all that do either."""

    crawls: Queue
    runs: Queue
    all: tuple[Queue, ...]

    @classmethod
    def of(cls, wanted: Sequence[Resource]) -> Queues:
        """Return the queues among a pipeline's resources."""
        names = Names(only(wanted, Bucket).scope.owner, "")
        queues = {each.name: each for each in wanted if isinstance(each, Queue)}
        uploads, requests, ended = (
            queues.get(names.of(of, limit=80)) for of in ("uploads", "crawl-requests", "crawls")
        )
        found = tuple(each for each in (uploads, requests, ended) if each)
        return cls(requests or found[0], ended or found[0], found)


def depth(sqs: Any, queue: Queue) -> Depth:
    """Return the number of messages in *queue*."""
    url = queue_url(sqs, queue.name)
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[VISIBLE, IN_FLIGHT])
    return Depth(*(int(answer["Attributes"][name]) for name in (VISIBLE, IN_FLIGHT)))


def trigger(sqs: Any, queue: Queue, reason: str) -> None:
    """Send a message to *queue* that makes its function check for work now."""
    body = json.dumps({"source": SOURCE, "reason": reason})
    sqs.send_message(QueueUrl=queue_url(sqs, queue.name), MessageBody=body)


def redrive(sqs: Any, queue: Queue) -> None:
    """Move the dead letters of *queue* back to it: each is sent before it is deleted.

    Moves as many as there are at the start, so that a message that fails again does not loop.
    """
    if queue.dead_letters is None:
        return
    source, target = queue_url(sqs, queue.dead_letters.name), queue_url(sqs, queue.name)
    left = depth(sqs, queue.dead_letters).visible
    while left > 0:
        answer = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1)
        if not (messages := answer.get("Messages")):
            return
        left -= len(messages)
        bodies = [{"MessageBody": message["Body"]} for message in messages]
        receipts = [{"ReceiptHandle": message["ReceiptHandle"]} for message in messages]
        sent = sqs.send_message_batch(QueueUrl=target, **_entries(bodies))
        raise_failed_entries("SendMessageBatch", sent)
        deleted = sqs.delete_message_batch(QueueUrl=source, **_entries(receipts))
        raise_failed_entries("DeleteMessageBatch", deleted)


def _entries(each: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {"Entries": [{"Id": str(number), **entry} for number, entry in enumerate(each)]}
