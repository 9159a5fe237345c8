"""Facts: where a pipeline's data is, read off crawler, job, queues, objects and manifests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from dataflowxpress.api.errors import Missing
from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.spec import DataPipelineSpec, Source
from dataflowxpress.api.status import TIME, Crawl, Data, Run
from dataflowxpress.aws.errors import ErrorClass, classify
from dataflowxpress.aws.resources import Alarm, Bucket, Crawler, Job, Queue
from dataflowxpress.planning.resource import Resource, only
from dataflowxpress.reporting.conditions import listed

from .manifest_log import NAMED, REQUESTS, ManifestLog, ManifestLogs, ManifestTotals, listing
from .queues import Depth, Queues, depth

SHOWN = 10  # runs in the status


class Upload(NamedTuple):
    """An object as S3 lists it under the source prefix."""

    key: str
    etag: str
    modified: str


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a look found; times are text as in the status, and compare as such."""

    packaged: bool  # the script is ours, and keeps books
    crawl: Crawl | None
    runs: tuple[Run, ...]  # the newest first
    uploads: Depth
    crawls: Depth
    pending: tuple[Upload, ...]  # what no manifest names: all there is where nobody writes any
    requests: tuple[str, ...]  # keys of what asks the job to convert again
    reasons: tuple[str, ...]  # why objects could not be converted yet, by the newest manifest
    data: Data

    @property
    def last_run(self) -> Run | None:
        """The newest run."""
        return self.runs[0] if self.runs else None

    @property
    def crawled(self) -> str:
        """When the last crawl began."""
        return self.crawl.started if self.crawl else ""

    @property
    def moving(self) -> bool:
        """Whether something is at work that may change all this."""
        crawling = self.crawl is not None and self.crawl.state == "Running"
        running = any(is_active(run.state) for run in self.runs)
        return crawling or running or bool(self.uploads.in_flight or self.crawls.in_flight)

    @property
    def publishing(self) -> bool:
        """Whether a run has committed objects that the catalog may not show yet.

        One that died may have left that to the next, which has itself nothing to commit.
        """
        ended = next((run for run in self.runs if not is_active(run.state)), None)
        left = ended is not None and is_failed(ended.state)
        return left or any(is_active(run.state) and run.objects for run in self.runs)

    @property
    def newest(self) -> str:
        """When the newest of the pending objects was uploaded."""
        return max((upload.modified for upload in self.pending), default="")


def observe(
    client: Callable[[str], Any],
    spec: DataPipelineSpec,
    wanted: Sequence[Resource],
    logs: ManifestLogs,
) -> Observation:
    """Read everything."""
    s3, glue, sqs = client("s3"), client("glue"), client("sqs")
    bucket, crawler, job = only(wanted, Bucket), only(wanted, Crawler), only(wanted, Job)
    packaged, queues = spec.job.script.packaged, Queues.of(wanted)
    with naming(bucket):
        log = logs.of(s3, bucket.name)
        found = _uploads(s3, bucket.name, spec.source)
        pending = tuple(each for each in found if not _is_in(log, each))
        requests = tuple(each["Key"] for each in listing(s3, bucket.name, REQUESTS))
    with naming(crawler):
        crawl = _last_crawl(glue.get_crawler(Name=crawler.name)["Crawler"])
    with naming(job):
        runs = _runs(glue, job.name, log if packaged else None)
    dead = sum(sum(_depth(sqs, each.queue)) for each in wanted if isinstance(each, Alarm))
    return Observation(
        packaged=packaged,
        crawl=crawl,
        runs=runs,
        uploads=_depth(sqs, queues.uploads),
        crawls=_depth(sqs, queues.crawls),
        pending=pending,
        requests=requests,
        reasons=tuple(f"{key}: {reason}" for key, reason in log.waiting.items()),
        data=_data(log, len(pending), dead) if packaged else Data(dead_letters=dead),
    )


def _depth(sqs: Any, queue: Queue) -> Depth:
    with naming(queue):
        return depth(sqs, queue)


@contextlib.contextmanager
def naming(resource: Resource) -> Iterator[None]:
    """Name *resource* in the error if AWS does not have it."""
    try:
        yield
    except ClientError as error:
        if classify(error) is not ErrorClass.MISSING:
            raise
        noun = type(resource).__name__.lower()
        message = f"the {noun} {resource.name} is missing in AWS; the operator compares AWS next"
        raise Missing(message) from error


def _uploads(s3: Any, bucket: str, source: Source) -> Iterator[Upload]:
    for item in listing(s3, bucket, source.prefix):
        if item["Key"].endswith(source.suffix) and not item["Key"].endswith("/"):
            yield Upload(item["Key"], item["ETag"].strip('"'), _time(item["LastModified"]))


def _is_in(log: ManifestLog, upload: Upload) -> bool:
    entry = log.objects.get(upload.key)
    return entry is not None and entry.etag == upload.etag


def _data(log: ManifestLog, waiting: int, dead_letters: int) -> Data:
    return Data(
        objects=len(log.objects),
        rows=sum(entry.rows for entry in log.objects.values()),
        rejected=sum(entry.rejected for entry in log.objects.values()),
        waiting=waiting,
        dead_letters=dead_letters,
    )


def _last_crawl(crawler: Mapping[str, Any]) -> Crawl | None:
    last = crawler.get("LastCrawl") or {}
    if crawler["State"] != "READY":
        return Crawl(state="Running", started=_time(last.get("StartTime")))
    if not last:
        return None
    return Crawl(
        state=last["Status"].capitalize(),
        started=_time(last.get("StartTime")),
        error=last.get("ErrorMessage", ""),
    )


def _runs(glue: Any, job: str, log: ManifestLog | None) -> tuple[Run, ...]:
    """Return the newest runs; without a *log*, which a custom script does not keep, uncounted."""
    found = glue.get_job_runs(JobName=job, MaxResults=SHOWN)["JobRuns"]
    newest = sorted(found, key=lambda run: _time(run["StartedOn"]), reverse=True)[:SHOWN]
    if log is None:
        return tuple(map(_run, newest))
    return tuple(_counted(_run(run), log.of_run(run["Id"])) for run in newest)


def _run(run: Mapping[str, Any]) -> Run:
    return Run(
        id=run["Id"],
        state=run["JobRunState"],
        started=_time(run["StartedOn"]),
        seconds=int(run.get("ExecutionTime") or 0),
        error=run.get("ErrorMessage") or "",
    )


def _counted(run: Run, sums: Sequence[ManifestTotals]) -> Run:
    reasons = [reason for each in sums for reason in each.reasons]
    counts = {
        "objects": sum(each.objects for each in sums),
        "rows_read": sum(each.read for each in sums),
        "rows_written": sum(each.rows for each in sums),
        "rows_rejected": sum(each.rejected for each in sums),
        "rejects": listed(reasons, NAMED),
    }
    return run.model_copy(update=counts)


def _time(moment: datetime | float | None) -> str:
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    return moment.astimezone(UTC).strftime(TIME)
