"""Queues: where a pipeline's functions are asked to go on, and how much waits there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from dataflowxpress.aws.clients import queue_url
from dataflowxpress.aws.errors import raise_failed_entries
from dataflowxpress.aws.resources import Crawler, Notification, Queue, Rule
from dataflowxpress.blueprint import patterns
from dataflowxpress.planning.resource import Resource, only

VISIBLE, IN_FLIGHT = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
BATCH = 10  # messages in one call
RECOVERY = "dataflowxpress"  # the source that the functions know our messages by


class Depth(NamedTuple):
    """How many messages a queue holds: to be taken, and taken by somebody."""

    visible: int = 0
    in_flight: int = 0


class Queues(NamedTuple):
    """The two queues: what leads to a crawl, and what leads to a run."""

    uploads: Queue
    crawls: Queue

    @classmethod
    def of(cls, wanted: Sequence[Resource]) -> Queues:
        """Return the queues among a pipeline's resources."""
        crawled = patterns.crawl_ended(only(wanted, Crawler), "Succeeded")
        rules = (each for each in wanted if isinstance(each, Rule) and each.pattern == crawled)
        targets = (rule.target for rule in rules if isinstance(rule.target, Queue))
        return cls(only(wanted, Notification).queue, next(targets))


def depth(sqs: Any, queue: Queue) -> Depth:
    """Ask how many messages *queue* holds."""
    url = queue_url(sqs, queue.name)
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[VISIBLE, IN_FLIGHT])
    return Depth(*(int(answer["Attributes"][name]) for name in (VISIBLE, IN_FLIGHT)))


def ask(sqs: Any, queue: Queue, reason: str) -> None:
    """Put a message on *queue* that asks its function to look now."""
    body = json.dumps({"source": RECOVERY, "reason": reason})
    sqs.send_message(QueueUrl=queue_url(sqs, queue.name), MessageBody=body)


def redrive(sqs: Any, queue: Queue) -> None:
    """Put the dead letters of *queue* back on it: each is sent before it is deleted.

    As many as there are at the beginning: what dies again meanwhile does not go round for ever.
    """
    if queue.dead_letters is None:
        return
    dead, alive = queue_url(sqs, queue.dead_letters.name), queue_url(sqs, queue.name)
    left = depth(sqs, queue.dead_letters).visible
    while left > 0:
        answer = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1)
        if not (messages := answer.get("Messages")):
            return
        left -= len(messages)
        bodies = [{"MessageBody": message["Body"]} for message in messages]
        receipts = [{"ReceiptHandle": message["ReceiptHandle"]} for message in messages]
        sent = sqs.send_message_batch(QueueUrl=alive, **_entries(bodies))
        raise_failed_entries("SendMessageBatch", sent)
        deleted = sqs.delete_message_batch(QueueUrl=dead, **_entries(receipts))
        raise_failed_entries("DeleteMessageBatch", deleted)


def _entries(each: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {"Entries": [{"Id": str(number), **entry} for number, entry in enumerate(each)]}
