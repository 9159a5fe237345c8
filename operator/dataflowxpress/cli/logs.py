"""Logs: the command that shows what crawler, job and functions wrote last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from dataflowxpress.planning.resource import Resource, only

from .failures import reported_errors
from .target import Context, File, Name, Namespace, target

CRAWLS, RUN_ERRORS = "/aws-glue/crawlers", "/aws-glue/jobs/error"
LOGS_OF_RUN = "--continuous-log-logGroup"


class Part(StrEnum):
    """Who writes logs."""

    all = "all"
    crawler = "crawler"
    job = "job"
    functions = "functions"


class Source(NamedTuple):
    """A log group, and the beginning of the names of its streams."""

    of: Part
    name: str
    group: str
    stream: str = ""


def logs(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    of: Annotated[Part, typer.Option(help="Only what one of them wrote.")] = Part.all,
    tail: Annotated[int, typer.Option(min=1, max=10_000, help="Lines of each, the newest.")] = 20,
) -> None:
    """Show what the crawler, the last run of the job and the functions wrote last.

    They are read from CloudWatch with the AWS credentials of here.

    Examples:
    - `dataflowxpress logs orders -n data`
    - `dataflowxpress logs orders --of job --tail 200`

    """
    console = Console(highlight=False, soft_wrap=True)
    with reported_errors():
        chosen = target(name, file, namespace, context)
        connection, wanted = chosen.reconciler().describe(chosen.pipeline)
        for source in sources(wanted, _last_run(connection.client("glue"), wanted)):
            if of in {Part.all, source.of}:
                console.print(Text(f"{source.of} {source.name} ({source.group})", style="bold"))
                for line in lines(connection.client("logs"), source, tail) or ["nothing yet"]:
                    console.print(Text(f"  {line}"))


def sources(wanted: Sequence[Resource], run: str) -> Iterator[Source]:
    """Yield where the parts of a pipeline write to; *run* is the id of the last run, if any."""
    from dataflowxpress.aws.resources import Crawler, Function, Job

    crawler, job = only(wanted, Crawler), only(wanted, Job)
    yield Source(Part.crawler, crawler.name, CRAWLS, crawler.name)
    if run:
        yield Source(Part.job, run, job.arguments.get(LOGS_OF_RUN, RUN_ERRORS), run)
    for function in (each for each in wanted if isinstance(each, Function)):
        yield Source(Part.functions, function.name, function.log_group.name)


def lines(client: Any, source: Source, tail: int) -> list[str]:
    """Return the newest lines of all streams that *source* means, in order of time."""
    found: list[Mapping[str, Any]] = []
    for stream in _streams(client, source):
        answer = client.get_log_events(
            logGroupName=source.group, logStreamName=stream, limit=tail, startFromHead=False
        )
        found += answer["events"]
    newest = sorted(found, key=lambda event: event["timestamp"])[-tail:]
    return [f"{_time(event['timestamp'])} {event['message'].rstrip()}" for event in newest]


def _streams(client: Any, source: Source) -> list[str]:
    """Return the names of the streams that were written to last."""
    from botocore.exceptions import ClientError

    from dataflowxpress.aws.errors import ErrorClass, classify

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

    from dataflowxpress.aws.errors import ErrorClass, classify
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
