"""Log sources: reads the newest log lines of crawler, job and functions from CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from dataflowxpress.planning.resource import Resource, only

from .log_lines import relevant

TAIL, MOST = 20, 10_000  # lines; CloudWatch returns at most 10,000 events
READ_PER_LINE = 10  # events read for each line shown, because some are hidden


class Part(StrEnum):
    """The parts of a pipeline that write logs."""

    all = "all"
    crawler = "crawler"
    job = "job"
    functions = "functions"


class Source(NamedTuple):
    """A log group, and the prefix of its streams' names."""

    of: Part
    name: str
    group: str
    stream: str = ""


class Window(NamedTuple):
    """The lines to show of each source: the newest *tail*, from *start* in milliseconds on."""

    tail: int = TAIL
    start: int = 0
    raw: bool = False


def sources(wanted: Sequence[Resource], run: str) -> Iterator[Source]:
    """Yield the log groups of a pipeline's parts; *run* is the id of the last run, if any."""
    from dataflowxpress.aws.resources import Crawler, Function, Job

    job = only(wanted, Job)
    for crawler in (each for each in wanted if isinstance(each, Crawler)):
        yield Source(Part.crawler, crawler.name, crawler.log_group_name, crawler.name)
    for group in job.log_group_names if run else ():
        yield Source(Part.job, run, group, run)
    for function in (each for each in wanted if isinstance(each, Function)):
        yield Source(Part.functions, function.name, function.log_group.name)


def lines(client: Any, source: Source, window: Window) -> Iterator[str]:
    """Yield the newest lines of a source's streams in order of time, and the number of hidden ones.

    Without `raw` it reads more events than it shows, because it hides some.
    """
    kept, hidden = events_of(client, source, window)
    for event in kept:
        yield f"{_time(event['timestamp'])} {event['message'].rstrip()}"
    if not kept:
        yield "no lines"
    if hidden:
        yield f"({hidden} repeated or platform lines hidden; --raw shows them)"


def events_of(client: Any, source: Source, window: Window) -> tuple[list[Mapping[str, Any]], int]:
    """Return the newest events of a source's streams, and the number of hidden ones."""
    limit = min(MOST, window.tail if window.raw else window.tail * READ_PER_LINE)
    found: list[Mapping[str, Any]] = []
    for stream in _streams(client, source):
        answer = client.get_log_events(
            logGroupName=source.group,
            logStreamName=stream,
            limit=limit,
            startFromHead=False,
            startTime=window.start,
        )
        found += answer["events"]
    events = sorted(found, key=lambda event: event["timestamp"])[-limit:]
    shown = [*relevant(event["message"] for event in events)]
    kept = [event for event, is_shown in zip(events, shown, strict=True) if is_shown or window.raw]
    return kept[-window.tail :], len(events) - len(kept)


def document_of(source: Source, events: Sequence[Mapping[str, Any]], hidden: int) -> dict[str, Any]:
    """Return the lines of a source for programs; times are RFC 3339."""
    return {
        "part": source.of.value,
        "name": source.name,
        "logGroup": source.group,
        "lines": [
            {
                "time": datetime.fromtimestamp(each["timestamp"] / 1000, UTC).isoformat(),
                "message": each["message"].rstrip(),
            }
            for each in events
        ],
        "hidden": hidden,
    }


def _streams(client: Any, source: Source) -> list[str]:
    """Return the names of the streams with the newest events."""
    from botocore.exceptions import ClientError

    from dataflowxpress.aws.error_classes import ErrorClass
    from dataflowxpress.aws.errors import classify

    named = {"logStreamNamePrefix": source.stream} if source.stream else {}
    order = {} if source.stream else {"orderBy": "LastEventTime", "descending": True}
    try:
        answer = client.describe_log_streams(logGroupName=source.group, limit=5, **named, **order)
    except ClientError as error:
        if classify(error) is ErrorClass.MISSING:
            return []
        raise
    return [stream["logStreamName"] for stream in answer["logStreams"]]


def last_run(glue: Any, wanted: Sequence[Resource]) -> str:
    """Return the ID of the job's last run; empty if the job has not run."""
    from botocore.exceptions import ClientError

    from dataflowxpress.aws.error_classes import ErrorClass
    from dataflowxpress.aws.errors import classify
    from dataflowxpress.aws.resources import Job

    try:
        runs = glue.get_job_runs(JobName=only(wanted, Job).name, MaxResults=1)["JobRuns"]
    except ClientError as error:
        if classify(error) is ErrorClass.MISSING:
            return ""
        raise
    return str(runs[0]["Id"]) if runs else ""


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%H:%M:%S")
