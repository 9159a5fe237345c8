"""Queue URLs: the address of a queue in calls of SQS; AWS is asked once for each client."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any
from weakref import WeakKeyDictionary

MOST = 16_384  # URLs, some hundred bytes each


class QueueUrls:
    """The URLs of queues by client and name; a queue that is created again keeps its URL.

    The queues of an account and region have URLs that differ in the name only. AWS shows the rest
    of them with the first queue that a client looks up.
    """

    def __init__(self, most: int = MOST) -> None:
        self._urls: dict[tuple[Any, str], str] = {}
        # By client; the text is empty if the first queue is missing.
        self._bases: WeakKeyDictionary[Any, Future[str]] = WeakKeyDictionary()
        self._most = most

    def __call__(self, sqs: Any, name: str) -> str:
        """Return the URL of the queue in the client's account.

        Raises AWS' error if the queue is missing and no URL is known yet. Otherwise, calls with the
        URL of a missing queue raise it.
        """
        if url := self._urls.get((sqs, name)):
            return url
        first: Future[str] = Future()
        base = self._bases.setdefault(sqs, first)
        if base is first:
            try:
                return self._ask(sqs, name)
            finally:
                first.set_result(self._base(sqs, name))
        known = base.result()  # another thread asks for it
        return self.remember(sqs, name, known + name) if known else self._ask(sqs, name)

    def remember(self, sqs: Any, name: str, url: str) -> str:
        """Keep the URL of a queue in place of the oldest one, and return it.

        CreateQueue returns one, too.
        """
        if len(self._urls) >= self._most:
            self._urls.pop(next(iter(self._urls)), None)
        self._urls[sqs, name] = url
        return url

    def cache_clear(self) -> None:
        """Drop all URLs, and the clients that they belong to."""
        self._urls.clear()
        self._bases.clear()

    def _ask(self, sqs: Any, name: str) -> str:
        url = self.remember(sqs, name, str(sqs.get_queue_url(QueueName=name)["QueueUrl"]))
        known: Future[str] = Future()
        known.set_result(self._base(sqs, name))
        self._bases[sqs] = known
        return url

    def _base(self, sqs: Any, name: str) -> str:
        """Return the URL of a queue without the name, empty if the queue was not found."""
        url = self._urls.get((sqs, name), "")
        return url.removesuffix(name) if url.endswith(f"/{name}") else ""


queue_url = QueueUrls()
