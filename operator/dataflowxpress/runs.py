"""Runs: what the data is doing, read off crawler, job, queues, objects and manifests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from .core.resource import Resource
from .core.status import Crawl, Data, Fact, Run, Status, listed
from .resources import Alarm, Bucket, Crawler, EventSource, Job
from .spec import RESERVED_PREFIX, DataPipelineSpec

MANIFESTS = f"{RESERVED_PREFIX}manifests/"
SHOWN = 10  # runs in the status
NAMED = 10  # objects in a message
ENDED_BADLY = {"FAILED", "TIMEOUT", "STOPPED", "ERROR"}
ACTIVE = {"STARTING", "RUNNING", "STOPPING", "WAITING"}

Client = Callable[[str], Any]
Kind = TypeVar("Kind", bound=Resource)


class Seen(NamedTuple):
    """What a look at the data found."""

    last_crawl: Crawl | None
    runs: tuple[Run, ...]
    data: Data
    fact: Fact
    busy: bool


@dataclass
class Book:
    """What the manifests of one bucket say; each manifest is read once, since none changes."""

    runs: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # by the manifest's key
    objects: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # newest entry by key
    waiting: Sequence[Mapping[str, str]] = ()  # keys and reasons, by the newest manifest

    def refresh(self, s3: Any, bucket: str) -> None:
        """Read the manifests that came since."""
        for key in sorted(item["Key"] for item in _listed(s3, bucket, MANIFESTS)):
            if key not in self.runs:
                manifest = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
                self.runs[key] = _without_objects(manifest)
                self.objects |= {entry["key"]: entry for entry in manifest["objects"]}
                self.waiting = manifest["waiting"]

    def of_run(self, run: str) -> list[Mapping[str, Any]]:
        """Return what the manifests of one run say in sum."""
        return [summary for summary in self.runs.values() if summary["run"] == run]


class Books:
    """The books of all pipelines, by bucket; safe to use from many threads."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}
        self._lock = threading.Lock()

    def of(self, bucket: str) -> Book:
        """Return the book of *bucket*, an empty one the first time."""
        with self._lock:
            return self._books.setdefault(bucket, Book())


def look(client: Client, spec: DataPipelineSpec, wanted: Sequence[Resource], books: Books) -> Seen:
    """Return where the data of the pipeline made of *wanted* is."""
    bucket = _only(wanted, Bucket).name
    book = books.of(bucket)
    book.refresh(client("s3"), bucket)
    crawl = _last_crawl(client("glue").get_crawler(Name=_only(wanted, Crawler).name)["Crawler"])
    runs = _runs(client("glue"), _only(wanted, Job).name, book)
    waiting = _waiting(client("s3"), bucket, spec, book)
    queued = [_depth(client("sqs"), r.queue.name) for r in wanted if isinstance(r, EventSource)]
    dead = [_depth(client("sqs"), r.queue.name) for r in wanted if isinstance(r, Alarm)]
    data = Data(
        objects=len(book.objects),
        rows=sum(entry["rows"] for entry in book.objects.values()),
        rejected=sum(entry["rejected"] for entry in book.objects.values()),
        waiting=waiting,
        dead_letters=sum(dead),
    )
    moving = any(run.state in ACTIVE for run in runs) or (crawl and crawl.state == "Running")
    fact = _data_current(spec, crawl, runs, data, book)
    return Seen(crawl, runs, data, fact, busy=bool(moving or waiting or any(queued)))


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


def _runs(glue: Any, job: str, book: Book) -> tuple[Run, ...]:
    found = glue.get_job_runs(JobName=job, MaxResults=SHOWN)["JobRuns"]
    newest = sorted(found, key=lambda run: _time(run["StartedOn"]), reverse=True)
    return tuple(_run(run, book.of_run(run["Id"])) for run in newest[:SHOWN])


def _run(run: Mapping[str, Any], books: Sequence[Mapping[str, Any]]) -> Run:
    objects, read, written, rejected = (
        sum(book[what] for book in books) for what in ("objects", "read", "rows", "rejected")
    )
    reasons = [reason for book in books for reason in book["reasons"]]
    return Run(
        id=run["Id"],
        state=run["JobRunState"],
        started=_time(run["StartedOn"]),
        seconds=int(run.get("ExecutionTime") or 0),
        objects=objects,
        rows_read=read,
        rows_written=written,
        rows_rejected=rejected,
        error=run.get("ErrorMessage") or listed(reasons, NAMED),
    )


def _without_objects(manifest: Mapping[str, Any]) -> dict[str, Any]:
    entries = manifest["objects"]
    return {
        "run": manifest["run"],
        "objects": len(entries),
        "read": sum(entry["read"] for entry in entries),
        "rows": sum(entry["rows"] for entry in entries),
        "rejected": sum(entry["rejected"] for entry in entries),
        "reasons": [f"{e['key']}: {e['reason']}" for e in entries if e["reason"]],
    }


def _waiting(s3: Any, bucket: str, spec: DataPipelineSpec, book: Book) -> int:
    """Count the uploaded objects that no manifest names with the content they have now."""
    if not spec.job.script.packaged:
        return 0
    there = _listed(s3, bucket, spec.source.prefix)
    return sum(
        book.objects.get(item["Key"], {}).get("etag") != item["ETag"].strip('"')
        for item in there
        if item["Key"].endswith(spec.source.suffix) and not item["Key"].endswith("/")
    )


def _data_current(
    spec: DataPipelineSpec, crawl: Crawl | None, runs: Sequence[Run], data: Data, book: Book
) -> Fact:
    last = runs[0] if runs else None
    if data.dead_letters:
        said = f"{data.dead_letters} messages could not be dealt with"
        return Fact("DataCurrent", False, "DeadLetters", said)
    if last and last.state in ENDED_BADLY:
        return Fact("DataCurrent", False, "LastRunFailed", f"{last.id}: {last.error}")
    if crawl and crawl.state == "Failed":
        return Fact("DataCurrent", False, "LastCrawlFailed", crawl.error)
    if not spec.job.script.packaged:
        said = "the script is not ours: what it has converted cannot be known"
        return Fact("DataCurrent", None, "OwnScript", said)
    if data.waiting:
        reason = "Suspended" if spec.suspend else "Waiting"
        why = listed([f"{entry['key']}: {entry['reason']}" for entry in book.waiting])
        said = why or "uploaded objects are not converted yet"
        return Fact("DataCurrent", False, reason, said)
    said = f"; {data.rejected} rows did not fit" if data.rejected else ""
    return Fact("DataCurrent", True, "Current", f"all uploaded objects are converted{said}")


def news(before: Status, after: Status) -> Iterator[tuple[str, str, str]]:
    """Yield type, reason and message of what the runs have done between two statuses."""
    ended = {run.id for run in before.runs if run.state not in ACTIVE}
    for run in reversed(after.runs):
        if run.id in ended or run.state in ACTIVE:
            continue
        rows = f"{run.objects} objects, {run.rows_written} rows, {run.rows_rejected} rejected"
        if run.state in ENDED_BADLY:
            yield "Warning", "RunFailed", f"{run.id}: {run.error}"
        else:
            yield "Normal", "RunSucceeded", f"{run.id}: {rows}, {run.seconds} s"


def _depth(sqs: Any, queue: str) -> int:
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(answer[name]) for name in names)


def _listed(s3: Any, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def _only(wanted: Sequence[Resource], kind: type[Kind]) -> Kind:
    return next(resource for resource in wanted if isinstance(resource, kind))


def _time(moment: datetime | float | None) -> str:
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
