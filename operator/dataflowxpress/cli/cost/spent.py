"""Spent: the DPU-hours of runs and crawls that AWS Glue reports, and their price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from dataflowxpress.aws.dpus import CRAWL_DPUS, dpu_seconds
from dataflowxpress.aws.prices import SHORTEST_CRAWL, SHORTEST_RUN, PriceList

from .estimate import HOUR

FLEX = "FLEX"


class Spent(NamedTuple):
    """A kind of work: its number, the DPU-hours that AWS bills, and their price in US dollars."""

    name: str
    number: int
    dpu_hours: float
    usd: float


def of_runs(runs: Iterable[Mapping[str, Any]], prices: PriceList) -> Spent:
    """Return the cost of JobRuns; AWS bills each for at least a minute."""
    number, hours, usd = 0, 0.0, 0.0
    for run in runs:
        billed = _billed_seconds(run) / HOUR
        price = prices.flex_run if run.get("ExecutionClass") == FLEX else prices.run
        number, hours, usd = number + 1, hours + billed, usd + price.of(billed)
    return Spent("runs of the job", number, hours, usd)


def of_crawls(crawls: Iterable[Mapping[str, Any]], prices: PriceList) -> Spent:
    """Return the cost of crawls; AWS bills each for at least ten minutes."""
    least = CRAWL_DPUS * SHORTEST_CRAWL / HOUR
    hours = [max(float(crawl.get("DPUHour") or 0), least) for crawl in crawls]
    return Spent("crawls", len(hours), sum(hours), prices.crawl.of(sum(hours)))


def runs_since(glue: Any, job: str, start: datetime) -> Iterator[Mapping[str, Any]]:
    """Yield the runs that started at *start* or later; Glue lists the newest first."""
    for page in glue.get_paginator("get_job_runs").paginate(JobName=job):
        for run in page["JobRuns"]:
            if run["StartedOn"] < start:
                return
            yield run


def crawls_since(glue: Any, crawler: str, start: datetime) -> Iterator[Mapping[str, Any]]:
    """Yield the crawls that started at *start* or later; boto3 has no paginator for them."""
    since = {"FieldName": "START_TIME", "FilterOperator": "GE"}
    since["FieldValue"] = str(round(start.timestamp() * 1000))
    more: dict[str, str] = {}
    while True:
        page = glue.list_crawls(CrawlerName=crawler, MaxResults=100, Filters=[since], **more)
        yield from page.get("Crawls", ())
        if not (token := page.get("NextToken")):
            return
        more = {"NextToken": token}


def _billed_seconds(run: Mapping[str, Any]) -> float:
    """Return the DPU-seconds of a run with the minimum duration; 0 for a run that never started."""
    seconds, used = run.get("ExecutionTime") or 0, dpu_seconds(run) or 0
    return used * max(seconds, SHORTEST_RUN) / seconds if seconds else 0
