"""Crawls: which objects a crawl has seen, and requests for crawls of the others.

An object that a crawl has seen waits for no other one: the catalog gets what it lacks from the
object itself.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from dataflow import clients

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dataflow.objects import Object
    from dataflow.options import Options

ENDED = {"SUCCEEDED", "FAILED"}


class Crawls(Protocol):
    """The crawls of a pipeline."""

    def seen(self, objects: Iterable[Object]) -> frozenset[str]:
        """Return the keys of the objects that no crawl helps."""

    def request(self, objects: Iterable[Object]) -> None:
        """Request a crawl of objects that need one."""


def crawls_of(options: Options, waiting: Collection[str]) -> Crawls:
    """Return the crawls; the last run has left the objects *waiting*."""
    if options.crawls == "NewColumns":
        return CrawlsOnRequest(options, waiting)
    return CrawlsBeforeRuns(waiting if options.crawls == "Always" else None)


class CrawlsBeforeRuns:
    """Crawls after each upload, which end before the run; or none, if *waiting* is None."""

    def __init__(self, waiting: Collection[str] | None) -> None:
        self.waiting = waiting

    def seen(self, objects: Iterable[Object]) -> frozenset[str]:
        """Return the keys of the objects that an earlier run has left."""
        return frozenset(
            each.key for each in objects if self.waiting is None or each.key in self.waiting
        )

    def request(self, objects: Iterable[Object]) -> None:
        """Request nothing: each upload starts a crawl itself."""


class CrawlsOnRequest:
    """Crawls that runs request, in messages to a queue."""

    def __init__(self, options: Options, waiting: Collection[str]) -> None:
        self.options, self.waiting = options, waiting
        self._crawled = self._requested = 0.0  # the uploads before these times

    def seen(self, objects: Iterable[Object]) -> frozenset[str]:
        """Return the keys of the objects that a crawl has seen.

        A crawl that failed counts if a run has left the object before, so that no object waits
        for a crawl that never succeeds.
        """
        self._crawled, succeeded = self._last_crawl()
        return frozenset(
            each.key
            for each in objects
            if _uploaded(each) < self._crawled and (succeeded or each.key in self.waiting)
        )

    def request(self, objects: Iterable[Object]) -> None:
        """Request a crawl of objects, unless one has seen them or is requested already."""
        newest = max(map(_uploaded, objects), default=0.0)
        if newest < max(self._requested, self._crawled) or not newest:
            return
        self._requested = newest + 1  # S3 lists times without fractions of a second
        body = {"source": "dataflowxpress", "reason": "new columns", "since": self._requested}
        client = clients.client("sqs")
        account, name = self.options.bucket_owner, self.options.crawl_queue
        url = f"{client.meta.endpoint_url}/{account}/{name}"
        client.send_message(QueueUrl=url, MessageBody=json.dumps(body))
        sys.stdout.write(json.dumps({"message": "crawl requested", **body}) + "\n")

    def _last_crawl(self) -> tuple[float, bool]:
        """Return the start of the last crawl that ended, and whether it succeeded."""
        glue: Any = clients.client("glue")
        try:
            last = glue.get_crawler(Name=self.options.crawler)["Crawler"].get("LastCrawl", {})
        except glue.exceptions.EntityNotFoundException:  # the operator creates it again
            return 0.0, False
        if last.get("Status") not in ENDED:
            return 0.0, False
        return last["StartTime"].timestamp(), last["Status"] == "SUCCEEDED"


def _uploaded(obj: Object) -> float:
    return datetime.fromisoformat(obj.modified).timestamp()
