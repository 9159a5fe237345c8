"""News: which of Glue's events a pipeline listens to, and how its mails read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .core.resource import Scope
from .resources import Crawler, Job

ENDED = {"Succeeded": ["SUCCEEDED"], "Failed": ["FAILED", "TIMEOUT", "STOPPED"]}


class Message(NamedTuple):
    """How EventBridge turns an event into text; see its input transformers.

    *paths* maps a word to the JSON path of its value, and *template* holds `<word>`s.
    """

    paths: Mapping[str, str]
    template: str


def crawl_ended(crawler: Crawler, state: str) -> dict[str, Any]:
    """Return the pattern of the events that say that *crawler* reached *state*."""
    return {
        "source": ["aws.glue"],
        "detail-type": ["Glue Crawler State Change"],
        "detail": {"crawlerName": [crawler.name], "state": [state]},
    }


def run_ended(job: Job, outcomes: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of the events that say that a run of *job* ended as in *outcomes*."""
    return {
        "source": ["aws.glue"],
        "detail-type": ["Glue Job State Change"],
        "detail": {
            "jobName": [job.name],
            "state": [state for outcome in outcomes for state in ENDED[outcome]],
        },
    }


def of_crawl(here: Scope) -> Message:
    """Return the mail about a failed crawl."""
    return Message(
        {"crawler": "$.detail.crawlerName", "said": "$.detail.message", "time": "$.time"},
        _lines(
            f"DataPipeline {here.owner}: the crawl failed at <time>.",
            "",
            "Crawler: <crawler>",
            "Message: <said>",
            "",
            "Uploads stay where they are and are converted once a crawl succeeds.",
        ),
    )


def of_run(here: Scope) -> Message:
    """Return the mail about a run of the job."""
    return Message(
        {
            "job": "$.detail.jobName",
            "run": "$.detail.jobRunId",
            "state": "$.detail.state",
            "said": "$.detail.message",
            "time": "$.time",
        },
        _lines(
            f"DataPipeline {here.owner}: the run ended <state> at <time>.",
            "",
            "Job: <job>",
            "Run: <run>",
            "Message: <said>",
            "",
            "Rows and rejects: kubectl describe datapipeline "
            f"--namespace {here.owner.partition('/')[0]} {here.owner.partition('/')[2]}",
        ),
    )


def _lines(*lines: str) -> str:
    """Quote each line: a template that is not JSON is a list of quoted strings."""
    return "\n".join(f'"{line}"' for line in lines)
