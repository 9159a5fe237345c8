"""Activity: what the data does at each hop, as far as the status knows it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import CRAWL_FAILED, is_active, is_failed
from dataflowxpress.api.status import Status

from .health import Health, fix_of


class Activity(NamedTuple):
    """The state of the data at a hop; *figure* is a number of *unit*."""

    health: Health = Health.HEALTHY
    text: str = ""
    figure: int | None = None
    unit: str = ""
    at: str = ""
    message: str = ""
    fix: str = ""


def activity(hop: str, status: Status) -> Activity:
    """Return what the data does at a hop; an empty activity if the status does not know it."""
    observe = OBSERVED.get(hop)
    return observe(status) if observe else Activity()


def _uploads(status: Status) -> Activity:
    data, current = status.data, status["DataCurrent"]
    refused = Reason.OBJECTS_REFUSED
    if current and current.reason == refused:
        figure = data.refused if data else None
        return Activity(
            Health.FAILING, "", figure, "refused", message=current.message, fix=refused.fix
        )
    if not data or data.waiting is None:
        return Activity(Health.UNKNOWN, "number unknown")
    if not data.waiting:
        return Activity(text="none waiting")
    since = current.last_transition_time if current else ""
    message = current.message if current else ""
    return Activity(Health.WAITING, "", data.waiting, "waiting", since, message)


def _queued(status: Status) -> Activity:
    data, current = status.data, status["DataCurrent"]
    reason = current.reason if current else ""
    if data and data.dead_letters:
        message = current.message if current and reason == Reason.DEAD_LETTERS else ""
        fix = Reason.DEAD_LETTERS.fix
        unit = "dead letters in all queues"
        return Activity(Health.FAILING, "", data.dead_letters, unit, message=message, fix=fix)
    if current and reason == Reason.SUSPENDED:
        since = current.last_transition_time
        return Activity(
            Health.PAUSED, "suspended", at=since, message=current.message, fix=Reason.SUSPENDED.fix
        )
    recovery = status.recovery
    if recovery and recovery.reason == Reason.QUEUE_NOT_CONSUMED:
        return Activity(
            Health.FAILING,
            "not consumed",
            at=recovery.last_attempt,
            message=recovery.message,
            fix=fix_of(recovery.reason),
        )
    return Activity()


def _crawl(status: Status) -> Activity:
    crawl = status.last_crawl
    if crawl is None:
        return Activity(text="no crawl yet")
    if crawl.state in CRAWL_FAILED:
        return Activity(
            Health.FAILING,
            crawl.state.lower(),
            at=crawl.started,
            message=crawl.error,
            fix=Reason.LAST_CRAWL_FAILED.fix,
        )
    running = crawl.state == "Running"
    health = Health.ACTIVE if running else Health.HEALTHY
    return Activity(health, crawl.state.lower(), at=crawl.started)


def _run(status: Status) -> Activity:
    if not status.runs:
        return Activity(text="no run yet")
    run = status.runs[0]
    if is_active(run.state):
        return Activity(Health.ACTIVE, run.state.lower(), at=run.started)
    if is_failed(run.state):
        error = run.error or "AWS Glue gives no reason."
        return Activity(
            Health.FAILING,
            run.state.lower(),
            at=run.ended,
            message=error,
            fix=Reason.LAST_RUN_FAILED.fix,
        )
    return Activity(text=run.state.lower(), at=run.ended)


def _parquet(status: Status) -> Activity:
    data = status.data
    if not data or data.rows is None:
        return Activity(Health.UNKNOWN, "rows unknown")
    return Activity(figure=data.rows, unit="rows")


def _emails(status: Status) -> Activity:
    confirmed = status["SubscriptionsConfirmed"]
    if confirmed and confirmed.status == "False":
        return Activity(
            Health.WAITING,
            "not confirmed",
            message=confirmed.message,
            fix=fix_of(confirmed.reason),
        )
    count = len([each for each in status.resources if each.kind == "Subscription"])
    if not count:
        return Activity(text="no address")
    return Activity(figure=count, unit="address" if count == 1 else "addresses")


OBSERVED: dict[str, Callable[[Status], Activity]] = {
    "uploads": _uploads,
    "uploads-queue": _queued,
    "crawler": _crawl,
    "job": _run,
    "parquet": _parquet,
    "topic": _emails,
}
