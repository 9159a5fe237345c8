"""Queue URLs: the address of a queue in calls of SQS, looked up once for each client and name."""

from __future__ import annotations

from typing import Any

MOST = 16_384  # URLs, some hundred bytes each


class QueueUrls:
    """The URLs of queues by client and name; a queue that is created again keeps its URL."""

    def __init__(self, most: int = MOST) -> None:
        self._urls: dict[tuple[Any, str], str] = {}
        self._most = most

    def __call__(self, sqs: Any, name: str) -> str:
        """Return the URL of the queue in the client's account; raises AWS' error if it is missing.

        CreateQueue also returns it: see `remember`.
        """
        if url := self._urls.get((sqs, name)):
            return url
        return self.remember(sqs, name, str(sqs.get_queue_url(QueueName=name)["QueueUrl"]))

    def remember(self, sqs: Any, name: str, url: str) -> str:
        """Keep the URL of a queue in place of the oldest one, and return it."""
        if len(self._urls) >= self._most:
            self._urls.pop(next(iter(self._urls)), None)
        self._urls[sqs, name] = url
        return url

    def cache_clear(self) -> None:
        """Drop all URLs, and the clients that they belong to."""
        self._urls.clear()


queue_url = QueueUrls()
