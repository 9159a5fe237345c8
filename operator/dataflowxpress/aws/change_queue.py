"""Change queue: the SQS queue to which EventBridge sends the calls of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .error_classes import ErrorClass
from .errors import classify
from .queue_urls import queue_url

MOST = 10  # messages of one call, the limit of SQS
WAIT = 20  # seconds that a call waits for messages, the limit of SQS

Message = Mapping[str, Any]


class ChangeQueue:
    """The queue *name*; *client* returns the client of a service."""

    def __init__(self, name: str, client: Callable[[str], Any]) -> None:
        self._name, self._client = name, client

    def receive(self) -> Sequence[Message]:
        """Wait for messages; raises AWS' error."""
        sqs = self._client("sqs")
        try:
            url = queue_url(sqs, self._name)
            answer = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=MOST, WaitTimeSeconds=WAIT
            )
        except sqs.exceptions.ClientError as error:
            if classify(error) is ErrorClass.MISSING:
                queue_url.cache_clear()
            raise
        return answer.get("Messages", [])  # type: ignore[no-any-return]

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete processed messages; those that fail return after the visibility timeout."""
        if messages:
            sqs = self._client("sqs")
            entries = [
                {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]}
                for number, each in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=queue_url(sqs, self._name), Entries=entries)
