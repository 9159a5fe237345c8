"""Hops: the steps of the data path after an upload, each with the condition that ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from dataflowxpress.api.run_states import CRAWL_FAILED, is_active, is_failed
from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.dataplane.observation import Observation

from .sample import FILES, ROWS

NOTIFIED = f"{RESERVED_PREFIX}notified/"
PARQUET_MAGIC = b"PAR1"


class HopFailed(Exception):
    """A hop of the pipeline failed; the message names the cause."""


class Pipeline(Protocol):
    """The view of the pipeline in AWS that the hops need."""

    def observe(self) -> Observation:
        """Return queues, crawl, runs and data."""

    def objects(self, prefix: str) -> list[str]:
        """Return the keys under a prefix."""

    def head(self, key: str) -> bytes:
        """Return the first bytes of an object."""

    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the storage descriptor of each table in the catalog."""

    @property
    def target(self) -> str:
        """The prefix of the Parquet."""


class Hop(NamedTuple):
    """A step of the data path; *ended* raises HopFailed if it cannot end any more."""

    name: str
    ended: Callable[[Pipeline], bool]
    look: str  # what a person examines if it does not end


def _queued(pipeline: Pipeline) -> bool:
    seen = pipeline.observe()
    return sum(seen.queued) > 0 or seen.crawl is not None


def _crawling(pipeline: Pipeline) -> bool:
    return pipeline.observe().crawl is not None


def _crawled(pipeline: Pipeline) -> bool:
    crawl = pipeline.observe().crawl
    if crawl and crawl.state in CRAWL_FAILED:
        raise HopFailed(f"the crawl ended {crawl.state}: {crawl.error or 'AWS gives no reason'}")
    return crawl is not None and crawl.state == "Succeeded" and bool(pipeline.tables())


def _running(pipeline: Pipeline) -> bool:
    return bool(pipeline.observe().runs)


def _converted(pipeline: Pipeline) -> bool:
    """Return whether the rows are in Parquet; more than one run may take part."""
    seen = pipeline.observe()
    for run in seen.runs:
        if is_failed(run.state):
            raise HopFailed(f"run {run.id} ended {run.state}: {run.error or 'AWS gives no reason'}")
    if any(is_active(run.state) for run in seen.runs) or seen.data.objects != len(FILES):
        return False
    if (seen.data.rows, seen.data.rejected) != (ROWS, 0):
        rejects = "; ".join(run.rejects for run in seen.runs if run.rejects)
        raise HopFailed(
            f"{seen.data.rows} of {ROWS} rows converted, {seen.data.rejected} rejected. {rejects}"
        )
    return _readable(pipeline)


def _readable(pipeline: Pipeline) -> bool:
    """Return whether there are Parquet files, and a table that leads to them."""
    files = [key for key in pipeline.objects(pipeline.target) if key.endswith(".parquet")]
    for key in files:
        if pipeline.head(key) != PARQUET_MAGIC:
            raise HopFailed(f"{key} is no Parquet file")
    tables = pipeline.tables().values()
    return bool(files) and any(pipeline.target in each["Location"] for each in tables)


def _notified(pipeline: Pipeline) -> bool:
    return bool(pipeline.objects(NOTIFIED))


HOPS = (
    Hop("bucket event → queue", _queued, "the notification of the bucket, the policy of the queue"),
    Hop("queue → crawl", _crawling, "the logs of the functions start-job and start-crawler"),
    Hop("crawl → table", _crawled, "the logs of the crawler"),
    Hop("crawl event → run", _running, "the rule `crawled`, the logs of the function start-job"),
    Hop("run → Parquet", _converted, "the logs of the job"),
    Hop("run event → mail", _notified, "the rule `ended`, the logs of the function notify"),
)
