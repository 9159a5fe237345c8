"""Estimate: the monthly cost of a pipeline, and the cost of single crawls, runs and calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dataflowxpress.aws.resources import Alarm, Crawler, EventSource, Function, Job, Subscription
from dataflowxpress.planning.resource import Resource, only

from . import prices

HOUR, MONTH = 3600, 730 * 3600  # seconds
CRAWL_DPUS = 2  # not documented; `aws glue list-crawls` reports the DPU-hours of a crawl
POLLERS = 5  # long polls on a queue at a time, which Lambda starts with and keeps while it is idle
LONG_POLL = 20  # seconds
CALLS_OF_A_POLL = {  # that AWS bills; a test counts them
    ("s3", "ListObjectsV2"): 4,  # three as soon as there is a manifest
    ("sqs", "GetQueueAttributes"): 5,
}
WRITES_OF_AN_OBJECT = 2  # the upload itself, and its Parquet
FUNCTIONS_OF_A_CRAWL = 3  # invocations: start-crawler, start-job, notify


class Item(NamedTuple):
    """A part of the cost, in US dollars."""

    name: str
    usd: float


@dataclass(frozen=True)
class Workload:
    """Uploads of one object every *interval* seconds, and how long each crawl and run takes."""

    interval: float
    crawl_seconds: float = 60
    run_seconds: float = 60

    def crawls(self, window: float) -> float:
        """Return the crawls of a month at most, with a batching *window* in seconds.

        Uploads during a crawl wait for the next one, so that crawls never overlap.
        """
        return MONTH / max(self.interval, window, self.crawl_seconds)


def idle(wanted: Sequence[Resource], poll_interval: float = 60) -> list[Item]:
    """Return the monthly cost of a pipeline without uploads."""
    alarms = sum(isinstance(each, Alarm) for each in wanted)
    mappings = sum(isinstance(each, EventSource) and each.enabled for each in wanted)
    polls = mappings * POLLERS * MONTH / LONG_POLL
    observed = {call: count * MONTH / poll_interval for call, count in CALLS_OF_A_POLL.items()}
    return [
        Item("alarms", prices.ALARM.of(alarms)),
        Item("polls of the queues by Lambda", prices.QUEUE.of(polls)),
        Item("polls of the data by the operator", calls(observed)),
    ]


def monthly(wanted: Sequence[Resource], work: Workload) -> list[Item]:
    """Return the monthly cost of a pipeline: the idle cost, and that of its uploads."""
    window = max(each.window_seconds for each in wanted if isinstance(each, EventSource))
    crawls = work.crawls(window)  # without a crawler, only runs
    has_crawler = any(isinstance(each, Crawler) for each in wanted)
    mails = crawls * sum(isinstance(each, Subscription) for each in wanted)
    return [
        Item("crawls", crawl(crawls, work.crawl_seconds) if has_crawler else 0),
        Item("runs of the job", crawls * run(only(wanted, Job), work.run_seconds)),
        Item("functions", crawls * FUNCTIONS_OF_A_CRAWL * _invocation(wanted)),
        Item("objects", prices.WRITE.of(WRITES_OF_AN_OBJECT * MONTH / work.interval)),
        Item("mails", prices.EMAIL.of(mails)),
        *idle(wanted),
    ]


def crawl(number: float = 1, seconds: float = 0) -> float:
    """Return the cost of crawls of *seconds* each."""
    return prices.CRAWL.of(number * CRAWL_DPUS * max(seconds, prices.SHORTEST_CRAWL) / HOUR)


def run(job: Job, seconds: float = 0) -> float:
    """Return the cost of a run of *seconds*."""
    price = prices.FLEX_RUN if job.execution_class == "FLEX" else prices.RUN
    dpus = job.workers * prices.DPUS[job.worker_type]
    return price.of(dpus * max(seconds, prices.SHORTEST_RUN) / HOUR)


def calls(made: Mapping[tuple[str, str], float]) -> float:
    """Return the cost of AWS calls by service and operation; only S3 and SQS bill them."""
    return sum(_call(*call) * number for call, number in made.items())


def total(items: Sequence[Item]) -> float:
    """Return the sum of *items*."""
    return sum(item.usd for item in items)


def _call(service: str, operation: str) -> float:
    if service == "sqs":
        return prices.QUEUE.of(1)
    if service != "s3" or operation.startswith(("Delete", "Abort")):  # S3 deletes for free
        return 0
    is_write = operation.startswith(("Put", "List", "Create", "Copy", "Complete", "Upload"))
    return (prices.WRITE if is_write else prices.READ_OBJECT).of(1)


def _invocation(wanted: Sequence[Resource], seconds: float = 1) -> float:
    """Return the cost of an invocation of *seconds*, with the memory of the largest function."""
    memory = max(each.memory for each in wanted if isinstance(each, Function)) / 1024
    return prices.INVOCATION.of(1) + prices.COMPUTE.of(memory * seconds)
