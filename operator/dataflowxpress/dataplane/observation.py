"""Observation: the state of a pipeline's data, read from Glue, SQS, S3 and the manifests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.spec.work import When
from dataflowxpress.api.status import Crawl, Data, Run
from dataflowxpress.aws.resources import Alarm, Bucket, Crawler, Database, Job, Queue
from dataflowxpress.planning.resource import Resource, only
from dataflowxpress.telemetry.context import Pool

from .glue_activity import SHOWN, last_crawl, newest_runs
from .manifest_log import REQUESTS, ManifestLog
from .manifest_logs import ManifestLogs
from .manifest_reads import listing
from .missing import naming
from .partition_columns import unknown_columns
from .queues import Depth, Queues, depth
from .table_storage import in_status
from .uploads import Keys, Pending, RefusedUploads, pending_and_refused, uploads

DELETION_DELAY = timedelta(days=1)  # for the next upload, whose run deletes replaced files


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The result of one poll; times are text as in the status, and compare as text."""

    packaged: bool  # the job runs the packaged script, which writes manifests
    crawl: Crawl | None
    runs: tuple[Run, ...]  # newest first
    queued: Depth  # in all queues that lead to a crawl or a run
    pending: Pending  # named by no manifest; with a custom script, all objects
    requests: Keys  # of the reprocess requests
    reasons: tuple[str, ...]  # why objects are pending, from the newest manifest
    data: Data
    crawls: When = "Always"
    on_upload: bool = True  # an upload starts a crawl or a run
    unknown_columns: str = ""  # of `target.partitionBy`, with a fix
    has_overdue_files: bool = False  # which other ones have replaced

    @property
    def last_run(self) -> Run | None:
        """The newest run."""
        return self.runs[0] if self.runs else None

    @property
    def crawled(self) -> str:
        """The start time of the last crawl."""
        return self.crawl.started if self.crawl else ""

    @property
    def ran(self) -> str:
        """The start time of the last run."""
        return self.last_run.started if self.last_run else ""

    @property
    def started(self) -> str:
        """The start time of the last crawl or run that uploads have started."""
        return self.crawled if self.crawls == "Always" else max(self.crawled, self.ran)

    @property
    def active(self) -> bool:
        """Whether a crawl or a run is active."""
        crawling = self.crawl is not None and self.crawl.state == "Running"
        return crawling or any(is_active(run.state) for run in self.runs)

    @property
    def moving(self) -> bool:
        """Whether the observation may change: an active crawl or run, or messages in flight."""
        return self.active or bool(self.queued.in_flight)

    @property
    def publishing(self) -> bool:
        """Whether a run has committed objects that the catalog may not show yet.

        A failed run may leave publishing to the next run, which has no objects of its own.
        """
        ended = next((run for run in self.runs if not is_active(run.state)), None)
        left = ended is not None and is_failed(ended.state)
        return left or any(is_active(run.state) and run.objects for run in self.runs)

    @property
    def newest(self) -> str:
        """The upload time of the newest pending object."""
        return self.pending.newest

    def had_pending(self, time: str) -> bool:
        """Return whether an object that is pending was there at *time*."""
        return bool(self.pending) and self.pending.oldest <= time


def observe(
    client: Callable[[str], Any],
    spec: DataPipelineSpec,
    wanted: Sequence[Resource],
    logs: ManifestLogs,
    created: Collection[Id] = (),
) -> Observation:
    """Observe the data of the pipeline whose resources are *wanted*; reads services in parallel.

    A bucket or a queue in *created* is new: it is empty as of its creation, and is not read.
    """
    s3, glue, sqs = client("s3"), client("glue"), client("sqs")
    crawler = next((each for each in wanted if isinstance(each, Crawler)), None)
    packaged = spec.job.script.packaged
    with Pool(2) as pool:
        reading_glue = pool.submit(_read_glue, glue, spec, wanted, crawler)
        reading_depths = pool.submit(_depths, sqs, wanted, created)
        bucket = only(wanted, Bucket)
        log, (pending, refused), requests = (
            (logs.begin(bucket.scope.owner), (Pending(), RefusedUploads()), Keys())
            if bucket.id in created
            else _read_s3(s3, spec, bucket, logs)
        )
    crawl, runs, unknown = reading_glue.result()
    queued, dead = reading_depths.result()
    return Observation(
        packaged=packaged,
        crawl=crawl,
        runs=newest_runs(runs, log if packaged else None),
        queued=queued,
        pending=pending,
        requests=requests,
        reasons=tuple(f"{key}: {reason}" for key, reason in log.waiting.items()),
        data=_data(log, spec, pending.count, refused, dead)
        if packaged
        else Data(dead_letters=dead),
        crawls=spec.crawls,
        on_upload=spec.trigger.on_upload,
        unknown_columns=unknown,
        has_overdue_files=packaged and has_overdue_files(log, spec, datetime.now(UTC)),
    )


def has_overdue_files(log: ManifestLog, spec: DataPipelineSpec, now: datetime) -> bool:
    """Return whether replaced files stay although no run was there to delete them for a day."""
    retention = timedelta(minutes=spec.target.replaced_file_retention_minutes)
    return any(at + retention + DELETION_DELAY < now for at in log.replaced.values())


def _read_s3(
    s3: Any, spec: DataPipelineSpec, bucket: Bucket, logs: ManifestLogs
) -> tuple[ManifestLog, tuple[Pending, RefusedUploads], Keys]:
    """Return the manifest log, what S3 lists after it, and the reprocess requests."""
    with naming(bucket):
        log = logs.of(bucket.scope.owner, s3, bucket.name)
        found = pending_and_refused(log, uploads(s3, bucket.name, spec.source))
        return log, found, Keys(each["Key"] for each in listing(s3, bucket.name, REQUESTS))


def _read_glue(
    glue: Any, spec: DataPipelineSpec, wanted: Sequence[Resource], crawler: Crawler | None
) -> tuple[Crawl | None, list[Mapping[str, Any]], str]:
    """Return the last crawl, the newest runs, and a column that partitions lack, with a fix."""
    bucket, database, job = only(wanted, Bucket), only(wanted, Database), only(wanted, Job)
    crawl = None
    if crawler:
        with naming(crawler):
            crawl = last_crawl(glue.get_crawler(Name=crawler.name)["Crawler"])
    with naming(job):
        runs = glue.get_job_runs(JobName=job.name, MaxResults=SHOWN)["JobRuns"]
    with naming(database):
        return crawl, runs, unknown_columns(glue, spec, bucket.name, database.name)


def _depths(sqs: Any, wanted: Sequence[Resource], created: Collection[Id]) -> tuple[Depth, int]:
    """Return the depth of all queues that lead to work, and the number of dead letters."""
    dead = [each.queue for each in wanted if isinstance(each, Alarm)]
    work = Depth.sum(_depth(sqs, each, created) for each in Queues.of(wanted).all)
    return work, sum(sum(_depth(sqs, each, created)) for each in dead)


def _depth(sqs: Any, queue: Queue, created: Collection[Id]) -> Depth:
    if queue.id in created:
        return Depth()
    with naming(queue):
        return depth(sqs, queue)


def _data(
    log: ManifestLog,
    spec: DataPipelineSpec,
    waiting: int,
    refused: RefusedUploads,
    dead_letters: int,
) -> Data:
    # A user can delete the Iceberg tables from before a change of the format.
    kept = {"Parquet", spec.target.format}
    tables = [each for each in log.storage.tables(log.replaced) if each.format in kept]
    return Data(
        refused=refused.count,
        refused_objects=refused.newest,
        objects=sum(not entry.refusal for entry in log.objects.values()),
        rows=sum(entry.rows for entry in log.objects.values()),
        rejected=sum(entry.rejected for entry in log.objects.values()),
        waiting=waiting,
        dead_letters=dead_letters,
        table_count=len(tables),
        tables=in_status(tables),
    )
