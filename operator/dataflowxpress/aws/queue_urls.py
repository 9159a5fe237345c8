"""Queue URLs: the address of a queue in calls of SQS; AWS is asked once for each client."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any
from weakref import WeakKeyDictionary


class QueueUrls:
    """The URLs of queues by client and name.

    The queues of an account and region have URLs that differ in the name only. AWS shows the rest
    of them, their base, with the first queue that a client looks up or creates.
    """

    def __init__(self) -> None:
        # The text is empty if the first queue is missing.
        self._bases: WeakKeyDictionary[Any, Future[str]] = WeakKeyDictionary()

    def __call__(self, sqs: Any, name: str) -> str:
        """Return the URL of the queue in the client's account.

        Raises AWS' error if the queue is missing and no URL is known yet. Otherwise, calls with the
        URL of a missing queue raise it.
        """
        first: Future[str] = Future()
        base = self._bases.setdefault(sqs, first)
        if base is not first:
            known = base.result()  # another thread asks for it
            return known + name if known else self._ask(sqs, name)
        url = ""
        try:
            url = self._ask(sqs, name)
        finally:
            first.set_result(_base(url, name))
        return url

    def remember(self, sqs: Any, name: str, url: str) -> None:
        """Learn the base from the URL of a queue; CreateQueue returns one, too."""
        known: Future[str] = Future()
        known.set_result(_base(url, name))
        self._bases[sqs] = known

    def cache_clear(self) -> None:
        """Drop all URLs, and the clients that they belong to."""
        self._bases.clear()

    def _ask(self, sqs: Any, name: str) -> str:
        url = str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
        self.remember(sqs, name, url)
        return url


def _base(url: str, name: str) -> str:
    """Return a URL without the name of the queue, empty if it does not end with the name."""
    return url.removesuffix(name) if url.endswith(f"/{name}") else ""


queue_url = QueueUrls()
