"""Dead letters go back to their queue, each of them, with the permissions that we ship."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress.aws.resources import Queue
from dataflowxpress.dataplane.queues import redrive

if TYPE_CHECKING:
    from tests.contract.conftest import Pipeline

MESSAGES = 25  # more than two calls take


@pytest.fixture
def queue(pipeline: Pipeline, name: str) -> Queue:
    dead = Queue(pipeline.scope, f"{name}-dead")
    made = Queue(pipeline.scope, name, visibility_seconds=30, dead_letters=dead)
    pipeline.converge([dead, made])
    return made


def url(sqs: Any, name: str) -> str:
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


def bury(sqs: Any, queue: Queue) -> set[str]:
    bodies = {f"message {number}" for number in range(MESSAGES)}
    assert queue.dead_letters
    for body in bodies:
        sqs.send_message(QueueUrl=url(sqs, queue.dead_letters.name), MessageBody=body)
    return bodies


def taken(sqs: Any, name: str) -> list[str]:
    """Take all messages from a queue."""
    found: list[str] = []
    while messages := sqs.receive_message(
        QueueUrl=url(sqs, name), MaxNumberOfMessages=10, WaitTimeSeconds=1
    ).get("Messages"):
        found += [message["Body"] for message in messages]
    return found


def test_every_dead_letter_is_alive_again(pipeline: Pipeline, queue: Queue) -> None:
    sqs = pipeline.cloud.others("sqs")
    bodies = bury(sqs, queue)

    redrive(pipeline.cloud.client("sqs"), queue)

    assert queue.dead_letters
    assert taken(sqs, queue.dead_letters.name) == []
    assert sorted(taken(sqs, queue.name)) == sorted(bodies)


def test_a_queue_without_dead_letters_is_left_alone(pipeline: Pipeline, queue: Queue) -> None:
    assert queue.dead_letters
    with pipeline.cloud.recording() as calls:
        redrive(pipeline.cloud.client("sqs"), queue.dead_letters)
    assert calls == []


def test_what_cannot_be_sent_stays_dead(pipeline: Pipeline, queue: Queue) -> None:
    sqs = pipeline.cloud.others("sqs")
    bodies = bury(sqs, queue)
    sqs.delete_queue(QueueUrl=url(sqs, queue.name))

    with pytest.raises(ClientError):
        redrive(pipeline.cloud.client("sqs"), queue)

    assert queue.dead_letters
    dead = url(sqs, queue.dead_letters.name)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=names)["Attributes"]
    assert sum(map(int, counts.values())) == len(bodies)
