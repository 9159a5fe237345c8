"""Logs: the command that shows the newest log lines of crawler, job and functions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from dataflowxpress.planning.resource import Resource, only

from .failures import reported_errors
from .log_lines import relevant, seconds
from .target import Context, File, Name, Namespace, target

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


def logs(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    of: Annotated[Part, typer.Option(help="Only the lines of this part.")] = Part.all,
    tail: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST, help="Newest lines of each part.", show_default="20; all with --since"
        ),
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="DURATION", help="Only lines newer than 90s, 10m or 1h30m.")
    ] = "",
    *,
    raw: Annotated[
        bool,
        typer.Option(help="Also repeated warnings of Spark, and Lambda's START, END, REPORT."),
    ] = False,
) -> None:
    """Show the newest log lines of the crawler, the job's last run and the functions.

    The command reads them from CloudWatch with the AWS credentials of the current environment.

    Examples:
    - `dataflowxpress logs orders -n data`
    - `dataflowxpress logs orders --of job --since 1h`
    - `dataflowxpress logs orders --of functions --tail 200 --raw`

    """
    window = Window(tail or (MOST if since else TAIL), _start(since), raw=raw)
    console = Console(highlight=False, soft_wrap=True)
    with reported_errors():
        chosen = target(name, file, namespace, context)
        connection, wanted = chosen.reconciler().describe(chosen.pipeline)
        for source in sources(wanted, _last_run(connection.client("glue"), wanted)):
            if of in {Part.all, source.of}:
                console.print(Text(f"{source.of} {source.name} ({source.group})", style="bold"))
                for line in lines(connection.client("logs"), source, window):
                    console.print(Text(f"  {line}"))


def sources(wanted: Sequence[Resource], run: str) -> Iterator[Source]:
    """Yield the log groups of a pipeline's parts; *run* is the id of the last run, if any."""
    from dataflowxpress.aws.resources import Crawler, Function, Job
    from dataflowxpress.aws.resources.log_group import OF_CRAWLERS

    job = only(wanted, Job)
    for crawler in (each for each in wanted if isinstance(each, Crawler)):
        yield Source(Part.crawler, crawler.name, OF_CRAWLERS, crawler.name)
    for group in job.log_group_names if run else ():
        yield Source(Part.job, run, group, run)
    for function in (each for each in wanted if isinstance(each, Function)):
        yield Source(Part.functions, function.name, function.log_group.name)


def lines(client: Any, source: Source, window: Window) -> Iterator[str]:
    """Yield the newest lines of a source's streams in order of time, and the number of hidden ones.

    Without `raw` it reads more events than it shows, because it hides some.
    """
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
    for event in kept[-window.tail :]:
        yield f"{_time(event['timestamp'])} {event['message'].rstrip()}"
    if not kept:
        yield "no lines"
    if hidden := len(events) - len(kept):
        yield f"({hidden} repeated or platform lines hidden; --raw shows them)"


def _start(since: str) -> int:
    """Return the time *since* ago in milliseconds since the epoch; 0 if it is empty."""
    try:
        return round((time.time() - seconds(since)) * 1000) if since else 0
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None


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


def _last_run(glue: Any, wanted: Sequence[Resource]) -> str:
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
