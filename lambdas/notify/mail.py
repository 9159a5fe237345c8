"""Mail: composes the email about a Glue event, with figures from the manifests. Pure."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Self

Json = dict[str, Any]

SUBJECT = 100  # characters, the limit of SNS
LINE = 500  # characters of the first line of an error
NAMED = 10  # refused objects
EXCEPTION = "failed to execute with exception "  # Glue writes the names of job and run before it
ENDINGS = {
    "FAILED": "failed",
    "ERROR": "failed",
    "EXPIRED": "expired",
    "TIMEOUT": "timed out",
    "STOPPED": "was stopped",
}


class Mail(NamedTuple):
    """An email to the subscribers of a pipeline."""

    subject: str
    text: str


class PipelineInfo(NamedTuple):
    """The name of a pipeline, and the locations of its logs."""

    name: str
    job_logs: str  # names of log groups, with commas
    crawler_logs: str = "/aws-glue/crawlers"  # of all crawlers of the account

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Self:
        """Return the pipeline that the settings of the function name."""
        crawls = settings.get("CRAWLER_LOGS")
        found = cls(settings["PIPELINE"], settings["JOB_LOGS"])
        return found._replace(crawler_logs=crawls) if crawls else found


def compose(
    event: Json,
    pipeline: PipelineInfo,
    *,
    figures: Callable[[str], Json | None],
    waiting: Callable[[], int | str | None],
    dpu_seconds: Callable[[str, str], int | None],
) -> Mail | None:
    """Return the email about an event, or None for a run that had nothing to convert.

    `figures` returns the summary of a run, or None. `waiting` returns the number of objects that
    are not converted, or the reason why it is unknown, or None with a custom script. `dpu_seconds`
    returns those of a job's run, or None.
    """
    kind, detail = event["detail-type"], event["detail"]
    if kind == "Glue Crawler State Change":
        return _of_crawl(event["time"], detail, pipeline, waiting())
    if kind != "Glue Job State Change":
        raise ValueError(f"not a crawler or job event: {kind}")
    if detail["state"] == "SUCCEEDED":
        if (summary := figures(detail["jobRunId"])) is None:
            return None
        compose_run = partial(_of_run, summary=summary)
    else:
        compose_run = partial(_of_failed_run, waiting=waiting())
    used = dpu_seconds(detail["jobName"], detail["jobRunId"])
    return compose_run(event["time"], detail, pipeline, used=used)


def _of_crawl(time: str, detail: Json, pipeline: PipelineInfo, waiting: int | str | None) -> Mail:
    crawler = detail["crawlerName"]
    error = detail.get("errorMessage") or detail.get("message")
    return _mail(
        pipeline,
        "Crawl failed",
        f"The crawl of DataPipeline {pipeline.name} failed at {time}.",
        ("Crawler", crawler),
        ("Error", _first_line(error)),
        ("Objects waiting", _count(waiting)),
        ("Logs", f"log group {pipeline.crawler_logs}, log stream {crawler}"),
    )


def _of_failed_run(
    time: str,
    detail: Json,
    pipeline: PipelineInfo,
    *,
    waiting: int | str | None,
    used: int | None,
) -> Mail:
    state, run = detail["state"], detail["jobRunId"]
    ending = ENDINGS.get(state, f"ended in state {state}")
    return _mail(
        pipeline,
        f"Job run {ending}",
        f"A job run of DataPipeline {pipeline.name} {ending} at {time}.",
        ("Job", detail["jobName"]),
        ("Run", run),
        ("State", state),
        ("Error", _first_line(detail.get("message"))),
        ("Objects waiting", _count(waiting)),
        ("DPU-seconds", used),
        ("Logs", _logs(pipeline, run)),
    )


def _of_run(
    time: str, detail: Json, pipeline: PipelineInfo, *, summary: Json, used: int | None
) -> Mail:
    run, rejected = detail["jobRunId"], summary.get("rejected")
    return _mail(
        pipeline,
        "Job run succeeded",
        f"A job run of DataPipeline {pipeline.name} succeeded at {time}.",
        ("Job", detail["jobName"]),
        ("Run", run),
        ("State", detail["state"]),
        ("Objects converted", summary.get("objects")),
        ("Rows written", summary.get("rows")),
        ("Rows rejected", rejected),
        ("Objects refused", summary.get("refused") or None),
        *(
            ("Refused object", f"{_line(each['key'])}: {_line(each['reason'])}")
            for each in summary.get("refused_objects", ())[:NAMED]
        ),
        ("To see them", _rejects(pipeline, run) if rejected or summary.get("refused") else None),
        *(
            ("Column with a wider type", each["message"])
            for each in summary.get("type_changes", ())
        ),
        ("Objects waiting", summary.get("waiting") or None),
        ("Seconds of conversion", summary.get("seconds")),
        ("DPU-seconds", used),
        ("Logs", _logs(pipeline, run)),
    )


def _mail(pipeline: PipelineInfo, outcome: str, summary: str, *details: tuple[str, object]) -> Mail:
    lines = [f"{label}: {value}" for label, value in details if value is not None]
    namespace, _, name = pipeline.name.partition("/")
    text = (
        summary,
        "",
        *lines,
        "",
        "To see the status of the pipeline, run:",
        f"kubectl describe datapipeline --namespace {namespace} {name}",
    )
    return Mail(f"{outcome}: {pipeline.name}"[:SUBJECT], "\n".join(text))


def _rejects(pipeline: PipelineInfo, run: str) -> str:
    namespace, _, name = pipeline.name.partition("/")
    return f"kubectl dataflow rejects {name} --namespace {namespace} --run {run}"


def _logs(pipeline: PipelineInfo, run: str) -> str:
    *others, last = pipeline.job_logs.split(",")
    groups = f"log groups {', '.join(others)} and {last}" if others else f"log group {last}"
    return f"{groups}, log streams of run {run}"


def _first_line(error: str | None) -> str:
    message = (error or "").partition(EXCEPTION)[2] or error or "Glue reported no error message"
    return message.strip().partition("\n")[0][:LINE]


def _line(text: str) -> str:
    """Return a user's text in one line, without characters that SNS refuses."""
    visible = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(visible.split())[:LINE]


def _count(waiting: int | str | None) -> str:
    if waiting is None:
        return "unknown, because the job uses a custom script"
    return str(waiting)
