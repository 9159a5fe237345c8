"""Handlers: kopf's side; every cause leads to the same reconciliation."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kopf

from .agenda import FIRST_RETRY
from .cluster import Cluster
from .pipeline import Pipeline
from .reconcile import Reconciler, Report
from .spec import GROUP, PLURAL, VERSION
from .telemetry import metrics
from .telemetry.pipelines import Pipelines
from .telemetry.reconciliation import observed

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0  # seconds between tries to delete: an edited spec is to help soon
RESOURCE = (GROUP, VERSION, PLURAL)
TICK = 2.0  # seconds between looks at the clock
SPREAD = 10.0  # seconds over which pipelines are taken up after a restart
THREADS = 32


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    """Set kopf up, and make what all handlers share."""
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=GROUP)
    settings.execution.max_workers = THREADS
    settings.posting.level = logging.CRITICAL  # Events are ours to choose
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # and so is what is logged
    settings.watching.server_timeout = 300
    settings.networking.error_backoffs = [1, 2, 5, 10, 30]
    memo.reconciler = Reconciler(Cluster(), patience=memo.idle_look, rules=memo.get("rules"))
    memo.pipelines = Pipelines()
    metrics.REGISTRY.register(memo.pipelines)
    metrics.watch(memo.agenda)
    settings.scanning.disabled = True  # what to watch is known: no permission to look around
    settings.watching.chunk_size = 100
    if selector := memo.get("selector"):
        settings.watching.label_selectors[RESOURCE] = selector


@kopf.on.startup()
async def widen(**_: Any) -> None:
    """Give the timers' threads room: each waits for AWS most of its time."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))


@kopf.on.event(*RESOURCE)
async def heard(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Note that the watch tells us what happens."""
    metadata = event["object"]["metadata"]
    gone = event["type"] == "DELETED"
    memo.watch.hear(metadata["uid"], None if gone else metadata["resourceVersion"])
    if gone:
        memo.agenda.forget(metadata["uid"])


@kopf.on.create(*RESOURCE)
@kopf.on.update(*RESOURCE)
def changed(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """Reconcile what is new; kubectl's and Argo CD's own annotations are no reason."""
    if Pipeline(body).unanswered:
        _work(body, memo, "resync")
    else:  # what an operator that was killed has begun looks answered, and is nobody's
        memo.agenda.start(body.metadata["uid"], within=SPREAD)


@kopf.on.resume(*RESOURCE)
def resumed(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """Take up a pipeline again, not all at once."""
    memo.agenda.start(body.metadata["uid"], within=SPREAD)


@kopf.timer(*RESOURCE, interval=TICK)
async def due(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """Do what the agenda says."""
    if what := memo.agenda.due(body.metadata["uid"]):
        await asyncio.to_thread(_work, body, memo, what)


@kopf.on.delete(*RESOURCE)
def deleted(body: kopf.Body, memo: kopf.Memo, retry: int, **_: Any) -> None:
    """Remove what the deletion policy does not keep, however often that takes."""
    uid, namespace, name = (body.metadata[key] for key in ("uid", "namespace", "name"))
    with (
        memo.agenda.work(uid, f"{namespace}/{name}"),
        observed("delete", body.metadata) as work,
    ):
        report = memo.reconciler.delete(namespace, name)
        work.outcome = _outcome(report)
        if report and not report.settled:
            _publish(body, memo, report)
    if report and not report.settled:
        blocking = report.status["Ready"]
        wait = min(FIRST_RETRY * 2**retry, LONGEST_PAUSE)
        raise kopf.TemporaryError(blocking.message if blocking else "not all gone", delay=wait)
    memo.agenda.forget(uid)
    memo.pipelines.forget(namespace, name)


def _work(body: kopf.Body, memo: kopf.Memo, what: str) -> None:
    uid, namespace, name = (body.metadata[key] for key in ("uid", "namespace", "name"))
    task = memo.reconciler.reconcile if what == "resync" else memo.reconciler.look
    with (
        memo.agenda.work(uid, f"{namespace}/{name}"),
        observed(task.__name__, body.metadata) as work,
    ):
        try:
            report = task(namespace, name)
        except Exception:
            memo.agenda.fail(uid, resynced=what == "resync")
            raise
        work.outcome = _outcome(report)
        if report is not None:
            memo.agenda.note(uid, report, resynced=what == "resync")
            _publish(body, memo, report, compared=what == "resync")


def _outcome(report: Report | None) -> str:
    if report is None:
        return "gone"
    return "settled" if report.settled else "unsettled"


def _publish(body: kopf.Body, memo: kopf.Memo, report: Report, *, compared: bool = False) -> None:
    """Tell what has happened: Events to users, log lines and metrics to who runs the operator."""
    namespace, name = body.metadata["namespace"], body.metadata["name"]
    memo.pipelines.see(namespace, name, report.status, compared=compared)
    for event in report.events:
        kopf.event(body, type=event.type, reason=event.reason, message=event.message)
        level = logging.WARNING if event.type == "Warning" else logging.INFO
        log.log(level, "%s/%s: %s: %s", namespace, name, event.reason, event.message)
