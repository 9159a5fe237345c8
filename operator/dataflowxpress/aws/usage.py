"""Usage: the runs and crawls of the last day, by the hour, as a status records them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from dataflowxpress.api.run_states import is_active
from dataflowxpress.api.status import Crawl, Run, Status, Usage
from dataflowxpress.api.timestamps import format_time

from .prices import SHORTEST_RUN

KEPT = timedelta(hours=25)  # the last day, and the hour in which it began
DAY = timedelta(days=1)


def usage_after(before: Status, after: Status, now: datetime) -> tuple[Usage, ...]:
    """Return the usage of *before* with the runs and crawls that ended between the two statuses.

    If more runs end between two polls than a status has, the oldest of them are missing.
    """
    new = [*_runs(before, after), *_crawls(before.last_crawl, after.last_crawl)]
    if not new:
        return before.usage
    found = {each.hour: each for each in before.usage}
    for each in new:
        found[each.hour] = _sum([found.get(each.hour, Usage(hour=each.hour)), each], each.hour)
    oldest = format_time(now - KEPT)
    return tuple(found[hour] for hour in sorted(found) if hour > oldest)


def last_day(usage: Iterable[Usage], now: datetime) -> Usage:
    """Return the sum over the hours that began within the last day."""
    since = format_time(now - DAY)
    return _sum([each for each in usage if each.hour > since], since)


def _runs(before: Status, after: Status) -> Iterator[Usage]:
    counted = {run.id for run in before.runs if not is_active(run.state)}
    for run in after.runs:
        if run.id not in counted and run.started and not is_active(run.state):
            billed = _billed(run)
            dpu_seconds = {"flex_dpu_seconds" if run.flex else "dpu_seconds": billed}
            yield Usage(hour=_hour(run.started), runs=1, **dpu_seconds)


def _crawls(before: Crawl | None, after: Crawl | None) -> Iterator[Usage]:
    if after is None or not after.started or after.state == "Running":
        return
    if before is None or before.state == "Running" or before.started != after.started:
        yield Usage(hour=_hour(after.started), crawls=1)


def _billed(run: Run) -> int:
    """Return the DPU-seconds with the minimum duration; 0 for a run that never started."""
    if not run.seconds or not run.dpu_seconds:
        return 0
    return math.ceil(run.dpu_seconds * max(run.seconds, SHORTEST_RUN) / run.seconds)


def _hour(moment: str) -> str:
    return f"{moment[:13]}:00:00Z"


def _sum(usage: Iterable[Usage], hour: str) -> Usage:
    found = [*usage]
    return Usage(
        hour=hour,
        runs=sum(each.runs for each in found),
        dpu_seconds=sum(each.dpu_seconds for each in found),
        flex_dpu_seconds=sum(each.flex_dpu_seconds for each in found),
        crawls=sum(each.crawls for each in found),
    )
