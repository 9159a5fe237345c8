"""Glue activity: the last crawl and the newest runs, with the counts of their manifests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dataflowxpress.api.status import Crawl, Run
from dataflowxpress.api.timestamps import format_time
from dataflowxpress.aws.dpus import dpu_seconds
from dataflowxpress.reporting.text import summarize

from .manifest_log import NAMED, ManifestLog, ManifestTotals

SHOWN = 10  # runs in the status
SAME_REASON = 3  # objects that a message names for one reason


def last_crawl(crawler: Mapping[str, Any]) -> Crawl | None:
    """Return the last crawl of a crawler, as GetCrawler describes it."""
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


def newest_runs(found: Sequence[Mapping[str, Any]], log: ManifestLog | None) -> tuple[Run, ...]:
    """Return the newest runs; without counts if *log* is None, as with a custom script."""
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
        dpu_seconds=dpu_seconds(run),
        flex=run.get("ExecutionClass") == "FLEX",
        error=run.get("ErrorMessage") or "",
    )


def _counted(run: Run, totals: Sequence[ManifestTotals]) -> Run:
    reasons = [reason for each in totals for reason in each.reasons]
    counts = {
        "objects": sum(each.objects for each in totals),
        "rows_read": sum(each.read for each in totals),
        "rows_written": sum(each.rows for each in totals),
        "rows_rejected": sum(each.rejected for each in totals),
        "rejects": summarize(by_reason(reasons), NAMED),
        "type_changes": summarize([change for each in totals for change in each.type_changes]),
    }
    return run.model_copy(update=counts)


def by_reason(reasons: Sequence[tuple[str, str]]) -> list[str]:
    """Return each reason once, after the objects that it applies to."""
    keys: dict[str, list[str]] = defaultdict(list)
    for key, reason in reasons:
        keys[reason].append(key)
    return [f"{_objects(found)}: {reason}" for reason, found in keys.items()]


def _objects(keys: Sequence[str]) -> str:
    more = len(keys) - SAME_REASON
    return ", ".join(keys[:SAME_REASON]) + (f" and {more} more" if more > 0 else "")


def _time(moment: datetime | float | None) -> str:
    return "" if moment is None else format_time(moment)
