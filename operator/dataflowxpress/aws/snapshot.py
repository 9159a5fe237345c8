"""Snapshot: what the list calls of one identity return, shared by the pipelines of its account.

A snapshot belongs to one identity, because another one may not read the same resources.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.resource_id import Key
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.packing import pack, unpack
from dataflowxpress.planning.resource import Resource, State, Tags
from dataflowxpress.telemetry.metrics import LISTS

from .error_classes import ErrorClass
from .errors import classify, describe
from .paging import pages

log = logging.getLogger(__name__)

TAGGING = "resourcegroupstaggingapi"
TAGS = "Tags"  # the name of the list of all owner tags, beside those of the kinds
RETRY_DENIED, RETRY_FAILED = 3600.0, 60.0  # seconds until a list is tried again
FEWEST_PAGES = 2
WORTH = 0.1  # calls for a list that save one call for a single resource, which is read more rarely

Page = Mapping[Any, Any]


@dataclass
class _List:
    """One list: its last answer, or why there is none."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: set[Key] = field(default_factory=set)  # since the last answer
    known: int = 0  # resources that were asked for before the last answer
    read_at: float = float("-inf")
    items: dict[Any, bytes] | None = None
    too_long: int = 0  # pages after which the operator stopped
    retry_at: float = float("-inf")

    def limit(self, calls: int) -> int:
        """Return the pages that the list is worth, if it saves *calls* for each resource."""
        resources = max(len(self.asked), self.known)
        return max(FEWEST_PAGES, int(resources * calls * WORTH))

    def can_be_read(self, now: float, limit: int) -> bool:
        """Return whether to call AWS; a list that was too long may be worth it for more readers."""
        return now >= self.retry_at and (not self.too_long or limit >= 2 * self.too_long)


class Snapshot:
    """The lists that *client*, a function from a service to its client, returns; thread-safe.

    A list costs a call for each page, also for the resources of others. So the operator stops
    after a number of pages that depends on the number of resources that its pipelines have.
    """

    def __init__(
        self, client: Callable[[str], Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client, self._clock = client, clock
        self._lists: dict[str, _List] = defaultdict(_List)
        self._first_at = defaultdict[str, float](lambda: float("-inf"))  # of first pages, by kind
        self._lock = threading.Lock()

    def states(
        self, kind: str, keys: Collection[Key], max_age: float
    ) -> Mapping[Key, State | None] | None:
        """Return the states of the resources with *keys*, at most *max_age* seconds old.

        An absent resource has the state None. Return None if the list is not available.
        """
        of = Resource.kinds[kind]
        items = self._items(kind, keys, of.calls, max_age, lambda: of.list_all(self._client_of(of)))
        return None if items is None else {key: _unpacked(items.get(key)) for key in keys}

    def tags(self, arns: Collection[str], max_age: float) -> Mapping[str, Tags] | None:
        """Return the tags of those *arns* that have an owner tag; see `states`."""
        asked = [(arn,) for arn in arns]
        items = self._items(TAGS, asked, 1, max_age, self._tag_pages)
        if items is None:
            return None
        return {arn: _unpacked(items[arn]) for arn in arns if arn in items}

    def current(self, kind: str, keys: Collection[Key]) -> Mapping[Key, State]:
        """Return the current states of those resources with *keys* that a short list shows.

        The others have to be read themselves. If the list is denied, or too long to show all of
        them, it is not read again for an hour.
        """
        of = Resource.kinds[kind]
        with self._lock:
            if self._clock() < self._first_at[kind]:
                return {}
        try:
            found, complete = of.list_first(self._client_of(of))
        except (ClientError, BotoCoreError) as error:
            log.info("first page of %s failed, reading one by one: %s", kind, describe(error))
            found, complete = {}, False
        shown = {key: found[key] for key in keys if key in found}
        if not complete and len(shown) < len(keys):
            with self._lock:
                self._first_at[kind] = self._clock() + RETRY_DENIED
        return shown

    def _client_of(self, kind: type[Resource]) -> Any:
        return self._client(kind.service)

    def _tag_pages(self) -> Iterator[Page]:
        filters = [{"Key": OWNER_TAG}]
        for page in pages(self._client(TAGGING), "get_resources", TagFilters=filters):
            found = page["ResourceTagMappingList"]
            yield {each["ResourceARN"]: _tags(each) for each in found}

    def _items(
        self,
        name: str,
        keys: Collection[Key],
        calls: int,
        max_age: float,
        read: Callable[[], Iterator[Page]],
    ) -> dict[Any, bytes] | None:
        """Return the list *name*; only one thread reads it, and the others wait for the result."""
        with self._lock:
            found = self._lists[name]
        with found.lock:
            found.asked.update(keys)
            now, limit = self._clock(), found.limit(calls)
            if found.items is None or now - found.read_at > max_age:
                found.items = None
                if found.can_be_read(now, limit):
                    self._read(name, found, limit, read)
            return found.items

    def _read(
        self, name: str, found: _List, limit: int, read: Callable[[], Iterator[Page]]
    ) -> None:
        began, items, count = self._clock(), dict[Any, bytes](), 0
        try:
            for page in read():
                if count == limit:
                    _report_too_long(name, limit)
                    found.too_long = limit
                    return
                count += 1
                items.update((key, pack(state)) for key, state in page.items())
        except (ClientError, BotoCoreError) as error:
            denied = classify(error) is ErrorClass.DENIED
            found.retry_at = began + (RETRY_DENIED if denied else RETRY_FAILED)
            LISTS.labels(name, "denied" if denied else "failed").inc()
            log.warning("list of %s failed, reading one by one: %s", name, describe(error))
            return
        found.items, found.read_at, found.too_long = items, began, 0
        found.known, found.asked = len(found.asked), set()
        LISTS.labels(name, "success").inc()


def _tags(resource: Mapping[str, Any]) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}


def _report_too_long(name: str, limit: int) -> None:
    LISTS.labels(name, "too_long").inc()
    log.info(
        "list of %s has more than %d pages, most of them not of pipelines: reading one by one",
        name,
        limit,
    )


def _unpacked(packed: bytes | None) -> Any:
    return None if packed is None else unpack(packed)
