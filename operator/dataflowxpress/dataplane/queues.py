"""Queues: trigger a pipeline's functions, measure their backlog and redrive dead letters."""

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
SOURCE = "dataflowxpress"  # identifies the operator's messages to the functions


class Depth(NamedTuple):
    """The number of messages in a queue: visible, and received but not yet deleted."""

    visible: int = 0
    in_flight: int = 0


class Queues(NamedTuple):
    """The queue that leads to a crawl, and the queue that leads to a run."""

    uploads: Queue
    crawls: Queue

    @classmethod
    def of(cls, wanted: Sequence[Resource]) -> Queues:
        """Return the queues among a pipeline's resources."""
        uploads = only(wanted, Notification).queue
        crawler = next((each for each in wanted if isinstance(each, Crawler)), None)
        if crawler is None:  # an upload starts the job
            return cls(uploads, uploads)
        crawled = patterns.crawl_ended(crawler)
        rules = (each for each in wanted if isinstance(each, Rule) and each.pattern == crawled)
        targets = (rule.target for rule in rules if isinstance(rule.target, Queue))
        return cls(uploads, next(targets))


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
