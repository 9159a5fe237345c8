"""Mail: how an event of Glue's reads, with what the pipeline knows about it. Pure."""

import os
from collections.abc import Callable
from typing import Any, NamedTuple, Self

Json = dict[str, Any]

SUBJECT = 100  # characters that SNS takes, ASCII alone
LINE = 500  # characters of an error's first line
EXCEPTION = "failed to execute with exception "  # before it Glue repeats the names of job and run


class Mail(NamedTuple):
    """A mail to the readers of a pipeline."""

    subject: str
    text: str


class PipelineInfo(NamedTuple):
    """What the pipeline is called, and where it keeps what a reader may look for."""

    name: str
    job_logs: str
    rejected: str

    @classmethod
    def of_environment(cls) -> Self:
        """Return the pipeline that the function was told."""
        return cls(*(os.environ[name] for name in ("PIPELINE", "JOB_LOGS", "REJECTED")))


def about(
    event: Json,
    pipeline: PipelineInfo,
    *,
    figures: Callable[[str], Json | None],
    waiting: Callable[[], int | None],
) -> Mail | None:
    """Return the mail about an event, or None where there is nothing to say.

    `figures` gives what a run says that it has done, or nothing; `waiting` counts the objects that
    are not converted, where that can be known.
    """
    kind, detail = event["detail-type"], event["detail"]
    if kind == "Glue Crawler State Change":
        return _of_crawl(event["time"], detail, pipeline, waiting())
    if kind != "Glue Job State Change":
        raise ValueError(f"not an event of a crawler or a job: {kind}")
    if detail["state"] != "SUCCEEDED":
        return _of_failed_run(event["time"], detail, pipeline, waiting())
    if (done := figures(detail["jobRunId"])) is None:
        return None
    return _of_run(event["time"], detail, pipeline, done)


def _of_crawl(time: str, detail: Json, pipeline: PipelineInfo, waiting: int | None) -> Mail:
    crawler = detail["crawlerName"]
    error = detail.get("errorMessage") or detail.get("message")
    return _mail(
        pipeline,
        "the crawl failed",
        f"the crawl failed at {time}.",
        ("Crawler", crawler),
        ("Error", _first_line(error)),
        ("Objects waiting", _number(waiting)),
        ("Logs", f"/aws-glue/crawlers, stream {crawler}"),
    )


def _of_failed_run(time: str, detail: Json, pipeline: PipelineInfo, waiting: int | None) -> Mail:
    state, run = detail["state"], detail["jobRunId"]
    return _mail(
        pipeline,
        f"a run ended {state}",
        f"the run ended {state} at {time}.",
        ("Job", detail["jobName"]),
        ("Run", run),
        ("Error", _first_line(detail.get("message"))),
        ("Objects waiting", _number(waiting)),
        ("Logs", f"{pipeline.job_logs}, streams of {run}"),
    )


def _of_run(time: str, detail: Json, pipeline: PipelineInfo, done: Json) -> Mail:
    run, rejected = detail["jobRunId"], done.get("rejected")
    return _mail(
        pipeline,
        "a run succeeded",
        f"the run ended SUCCEEDED at {time}.",
        ("Job", detail["jobName"]),
        ("Run", run),
        ("Objects", done.get("objects")),
        ("Rows written", done.get("rows")),
        (
            "Rows rejected",
            f"{rejected}, kept in {pipeline.rejected}{run}/" if rejected else rejected,
        ),
        ("Objects waiting", done.get("waiting") or None),
        ("Seconds", done.get("seconds")),
        ("Logs", f"{pipeline.job_logs}, streams of {run}"),
    )


def _mail(pipeline: PipelineInfo, what: str, sentence: str, *facts: tuple[str, object]) -> Mail:
    lines = [f"{name}: {fact}" for name, fact in facts if fact is not None]
    namespace, _, name = pipeline.name.partition("/")
    text = (
        f"DataPipeline {pipeline.name}: {sentence}",
        "",
        *lines,
        "",
        f"More: kubectl describe datapipeline --namespace {namespace} {name}",
    )
    return Mail(f"{pipeline.name}: {what}"[:SUBJECT], "\n".join(text))


def _first_line(error: str | None) -> str:
    said = (error or "").partition(EXCEPTION)[2] or error or "none was given"
    return said.strip().partition("\n")[0][:LINE]


def _number(waiting: int | None) -> str:
    return "not known, since the script is not ours" if waiting is None else str(waiting)
