"""Crawl history: the crawls that ListCrawls returns, the newest first."""

from __future__ import annotations

import operator
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ministack.services import glue

from .errors import invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

_DPUS = 2  # of a crawl; AWS does not document the number
_STATES = {"SUCCEEDED": "COMPLETED", "FAILED": "FAILED", "CANCELLED": "STOPPED"}
_FIELDS = {
    "CRAWL_ID": "CrawlId",
    "STATE": "State",
    "START_TIME": "StartTime",
    "END_TIME": "EndTime",
    "DPU_HOUR": "DPUHour",
}
_TIMES = {"START_TIME", "END_TIME"}
_MOST, _DEFAULT = 100, 20  # crawls in one response


class CrawlHistory:
    """The crawls of all crawlers; a deleted crawler takes its crawls with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._crawls: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def begin(self, crawler: str, started: float, log: Mapping[str, str]) -> dict[str, Any]:
        """Add a crawl that runs, and return its entry."""
        entry = {"CrawlId": log["MessagePrefix"], "State": "RUNNING", "StartTime": started, **log}
        with self._lock:
            self._crawls[glue._arn("crawler", crawler)].insert(0, entry)
        return entry

    def end(self, entry: dict[str, Any], status: str, error: str) -> None:
        """Record the end of a crawl, with the DPU-hours of its duration."""
        ended = time.time()
        with self._lock:
            hours = _DPUS * (ended - entry["StartTime"]) / 3600
            entry.update(State=_STATES[status], EndTime=ended, DPUHour=hours)
            if error:
                entry["ErrorMessage"] = error

    def forget(self, crawler: str) -> None:
        """Drop the crawls of a deleted crawler."""
        with self._lock:
            self._crawls.pop(glue._arn("crawler", crawler), None)

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListCrawls."""
        name = request["CrawlerName"]
        if name not in glue._crawlers:
            raise not_found("Crawler", name)
        most = int(request.get("MaxResults", _DEFAULT))
        if not 1 <= most <= _MOST:
            raise invalid(f"MaxResults must be between 1 and {_MOST}")
        filters = request.get("Filters", [])
        with self._lock:
            crawls = self._crawls[glue._arn("crawler", name)]
            found = [dict(each) for each in crawls if all(_matches(each, one) for one in filters)]
        begin = int(request.get("NextToken") or 0)
        end = begin + most
        return {"Crawls": found[begin:end]} | ({"NextToken": str(end)} if found[end:] else {})


def _matches(crawl: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    name = wanted["FieldName"]
    have = crawl.get(_FIELDS[name])
    if have is None:  # a crawl that runs has no end
        return False
    compare = getattr(operator, wanted["FilterOperator"].lower())
    if name in _TIMES:
        return bool(compare(int(have * 1000), int(wanted["FieldValue"])))  # milliseconds
    convert = float if name == "DPU_HOUR" else str
    return bool(compare(have, convert(wanted["FieldValue"])))
