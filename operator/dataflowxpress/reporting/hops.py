"""Hops: the steps of the data flow, and the AWS resources of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from dataflowxpress.api.status import ResourceStatus, Status


class Hop(NamedTuple):
    """A hop of the data flow, and the resources that belong to it.

    *members* are pairs of a kind and a pattern that the whole resource name matches; the first
    pair names the resource that the hop shows. `{function}`, `{source}` and `{target}` stand for
    the name of the hop's function, and for the prefixes of the uploads and of the Parquet.
    """

    id: str
    stage: str
    title: str
    service: str
    members: tuple[tuple[str, str], ...]


def _function(of: str) -> tuple[tuple[str, str], ...]:
    return ("Function", "{function}"), ("Role", f".*-{of}"), ("LogGroup", f".*-{of}")


def _queue(of: str, dead: str) -> tuple[tuple[str, str], ...]:
    queues = ("Queue", f".*-{of}"), ("Queue", f".*-{dead}")
    return (*queues, ("Alarm", f".*-{dead}"), ("EventSource", f".*-{of}"))


_UPLOADS = (
    *(("Bucket", ".*"), ("AccessLogs", ".*"), ("Notification", ".*")),
    *(("Object", "{source}"),),
    *(("Schedule", ".*"), ("Role", ".*-schedule")),
)
_REQUESTS = _queue("crawl-requests", "crawl-requests-dead")
_CRAWLER = (
    *(("Crawler", ".*"), ("Classifier", ".*"), ("PrincipalPermissions", ".*")),
    ("LogGroup", "/aws-glue/crawlers-role/.*"),
)
_JOB = (
    *(("Job", ".*"), ("LogGroup", "/aws-glue/jobs/.*"), ("Role", ".*-glue")),
    *(("Object", ".*[^/]"), ("SecurityConfiguration", ".*")),
)

HOPS = (
    Hop("uploads", "Collect", "Uploads", "S3", _UPLOADS),
    Hop("uploads-queue", "Collect", "Upload queue", "SQS", _queue("uploads", "uploads-dead")),
    Hop("crawl-requests", "Collect", "Requests for crawls", "SQS", _REQUESTS),
    Hop("start-crawler", "Collect", "Start crawler", "Lambda", _function("start-crawler")),
    Hop("crawler", "Collect", "Crawler", "Glue", _CRAWLER),
    Hop("catalog", "Collect", "Catalog", "Glue", (("Database", ".*"),)),
    Hop(
        "crawls",
        "Convert",
        "Crawl events",
        "EventBridge, SQS",
        (("Rule", ".*-crawled"), *_queue("crawls", "crawls-dead")),
    ),
    Hop("start-job", "Convert", "Start job", "Lambda", _function("start-job")),
    Hop("job", "Convert", "Spark job", "Glue", _JOB),
    Hop("parquet", "Convert", "Parquet", "S3", (("Object", "{target}"),)),
    Hop(
        "outcomes",
        "Notify",
        "Run events",
        "EventBridge, SQS",
        (("Rule", ".*-ended"), *_queue("outcomes", "unsent")),
    ),
    Hop("notify", "Notify", "Send emails", "Lambda", _function("notify")),
    Hop("topic", "Notify", "Emails", "SNS", (("Topic", ".*"), ("Subscription", ".*"))),
)
FUNCTIONS = {"start-crawler": "startCrawler", "start-job": "startJob", "notify": "notify"}
OTHER = Hop("other", "Others", "Other resources", "AWS", ())  # no resource stays unseen


def assigned(status: Status, spec: Mapping[str, Any]) -> list[tuple[Hop, list[ResourceStatus]]]:
    """Return the hops of a pipeline, each with its resources in the order of its members.

    A hop without a resource is left out once the spec was applied in full, for example the crawler
    of a pipeline that has none.
    """
    applied = status.observed_generation > 0 and (
        status.applied_generation == status.observed_generation
    )
    found, rest = [], list(status.resources)
    for hop in HOPS:
        members = [each for pair in hop.members for each in rest if _is(each, pair, hop, spec)]
        rest = [each for each in rest if each not in members]
        if members or not applied:
            found.append((hop, members))
    return [*found, (OTHER, rest)] if rest else found


def _is(
    resource: ResourceStatus, member: tuple[str, str], hop: Hop, spec: Mapping[str, Any]
) -> bool:
    kind, pattern = member
    return resource.kind == kind and bool(
        re.fullmatch(pattern.format(**_patterns(hop, spec)), resource.name)
    )


def _patterns(hop: Hop, spec: Mapping[str, Any]) -> dict[str, str]:
    chosen = (spec.get("functions") or {}).get(FUNCTIONS.get(hop.id, ""), {}).get("name")
    source, target = ((spec.get(name) or {}).get("prefix", "") for name in ("source", "target"))
    return {
        "function": re.escape(chosen) if chosen else f".*-{hop.id}",
        "source": re.escape(source),
        "target": re.escape(target),
    }
