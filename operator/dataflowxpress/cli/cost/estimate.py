"""Estimate: the monthly cost of a pipeline, and the cost of single crawls, runs and calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dataflowxpress.aws.dpus import CRAWL_DPUS, DPUS
from dataflowxpress.aws.prices import LISTED, SHORTEST_CRAWL, SHORTEST_RUN, PriceList
from dataflowxpress.aws.resources import Alarm, EventSource, Function, Job, Subscription
from dataflowxpress.dataplane.quiet import OFTENEST, SELDOMEST
from dataflowxpress.planning.resource import Resource, only

HOUR, MONTH = 3600, 730 * 3600  # seconds
POLLERS = 5  # long polls on a queue at a time, which Lambda starts with and keeps while it is idle
LONG_POLL = 20  # seconds
CALLS_OF_A_POLL = {("s3", "ListObjectsV2"): 3, ("sqs", "GetQueueAttributes"): 7}  # billed by AWS
CALLS_OF_A_QUIET_POLL = {("s3", "ListObjectsV2"): 2}  # tests count both
POLL_INTERVAL = 60  # seconds
FULL_POLLS = 2 / (OFTENEST + SELDOMEST)  # the share of the polls of data that does not move
# Calls of a run that adds Parquet to one table; a test counts them on the sandbox. A run reads each
# manifest since the last snapshot: 50 on average, because each hundredth has a snapshot.
CALLS_OF_A_RUN = {
    ("s3", "ListObjectsV2"): 12,
    ("s3", "ListMultipartUploads"): 3,
    ("s3", "PutObject"): 5,
    ("s3", "HeadObject"): 2,
    ("s3", "GetObject"): 2 + 50,
}
CALLS_OF_AN_OBJECT = {("s3", "PutObject"): 1, ("s3", "GetObject"): 1}  # the upload, and the read
FUNCTIONS_OF_A_RUN = 2  # invocations: start-job, notify; a crawl adds start-crawler


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
    new_columns: float = 4  # uploads a month with columns that the catalog does not have

    def runs(self, window: float) -> float:
        """Return the runs of a month at most, with a batching *window* in seconds.

        Uploads during a run wait for the next one, so that runs never overlap.
        """
        return MONTH / max(self.interval, window, self.run_seconds)

    def crawls(self, when: str, runs: float) -> float:
        """Return the crawls of a month, by the mode of the crawler."""
        return {"Always": runs, "NewColumns": self.new_columns}.get(when, 0)


def idle(
    wanted: Sequence[Resource], poll_interval: float = POLL_INTERVAL, at: PriceList = LISTED
) -> list[Item]:
    """Return the monthly cost of a pipeline without uploads."""
    return _idle(wanted, poll_interval, FULL_POLLS, at)


def _idle(
    wanted: Sequence[Resource], poll_interval: float, full_polls: float, at: PriceList
) -> list[Item]:
    """Return the monthly cost of what does not depend on uploads, but for the share of polls."""
    alarms = sum(isinstance(each, Alarm) for each in wanted)
    mappings = sum(isinstance(each, EventSource) and each.enabled for each in wanted)
    polls = mappings * POLLERS * MONTH / LONG_POLL
    shares = (CALLS_OF_A_POLL, full_polls), (CALLS_OF_A_QUIET_POLL, 1 - full_polls)
    observed = sum(
        calls({call: n * share * MONTH / poll_interval for call, n in made.items()}, at)
        for made, share in shares
    )
    return [
        Item("alarms", at.alarm.of(alarms)),
        Item("polls of the queues by Lambda", at.queue.of(polls)),
        Item("polls of the data by the operator", observed),
    ]


def monthly(wanted: Sequence[Resource], work: Workload, at: PriceList = LISTED) -> list[Item]:
    """Return the monthly cost of a pipeline: the idle cost, and that of its uploads."""
    window = max(each.window_seconds for each in wanted if isinstance(each, EventSource))
    job = only(wanted, Job)
    runs = work.runs(window)
    crawls = work.crawls(job.arguments["--crawls"], runs)
    mails = runs * sum(isinstance(each, Subscription) for each in wanted)
    return [
        Item("crawls", crawl(crawls, work.crawl_seconds, at)),
        Item("runs of the job", runs * run(job, work.run_seconds, at)),
        Item("functions", (runs * FUNCTIONS_OF_A_RUN + crawls) * _invocation(wanted, at)),
        Item("requests to S3", _requests(MONTH / work.interval, runs, at)),
        Item("mails", at.email.of(mails)),
        *_idle(wanted, POLL_INTERVAL, 1, at),  # while data moves, each poll is a full one
    ]


def crawl(number: float = 1, seconds: float = 0, at: PriceList = LISTED) -> float:
    """Return the cost of crawls of *seconds* each."""
    return at.crawl.of(number * CRAWL_DPUS * max(seconds, SHORTEST_CRAWL) / HOUR)


def run(job: Job, seconds: float = 0, at: PriceList = LISTED) -> float:
    """Return the cost of a run of *seconds*."""
    price = at.flex_run if job.execution_class == "FLEX" else at.run
    dpus = job.workers * DPUS[job.worker_type]
    return price.of(dpus * max(seconds, SHORTEST_RUN) / HOUR)


def calls(made: Mapping[tuple[str, str], float], at: PriceList = LISTED) -> float:
    """Return the cost of AWS calls by service and operation; only S3 and SQS bill them."""
    return sum(_call(*call, at) * number for call, number in made.items())


def total(items: Sequence[Item]) -> float:
    """Return the sum of *items*."""
    return sum(item.usd for item in items)


def _requests(uploads: float, runs: float, at: PriceList) -> float:
    """Return the cost of the requests to S3 of small objects that runs convert."""
    return calls(CALLS_OF_AN_OBJECT, at) * uploads + calls(CALLS_OF_A_RUN, at) * runs


def _call(service: str, operation: str, at: PriceList) -> float:
    if service == "sqs":
        return at.queue.of(1)
    if service != "s3" or operation.startswith(("Delete", "Abort")):  # S3 deletes for free
        return 0
    is_write = operation.startswith(("Put", "List", "Create", "Copy", "Complete", "Upload"))
    return (at.write if is_write else at.read).of(1)


def _invocation(wanted: Sequence[Resource], at: PriceList, seconds: float = 1) -> float:
    """Return the cost of an invocation of *seconds*, with the memory of the largest function."""
    memory = max(each.memory for each in wanted if isinstance(each, Function)) / 1024
    return at.invocation.of(1) + at.compute.of(memory * seconds)
