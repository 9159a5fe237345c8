"""Handlers: translate kopf's callbacks into the work queue, and delete pipelines."""

from __future__ import annotations

import logging
from typing import Any

import kopf

from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.spec import GROUP, PLURAL, VERSION

from .workqueue import backoff

LONGEST_PAUSE = 30.0  # seconds between deletion attempts: an edited spec must take effect soon
NOTES = f"kopf.{GROUP}"  # kopf ignores changes under its prefix: it must not cover user annotations
RESOURCE = (GROUP, VERSION, PLURAL)
SPREAD = 10.0  # seconds over which a restart spreads the pipelines
THREADS = 16  # that delete pipelines


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    """Configure kopf."""
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=NOTES)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=NOTES)
    settings.execution.max_workers = THREADS
    settings.posting.enabled = False  # the worker records the Events
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # the worker logs them
    settings.watching.server_timeout = 300
    settings.networking.error_backoffs = [1, 2, 5, 10, 30]
    settings.scanning.disabled = True  # the resource is known: scanning needs more permissions
    settings.queueing.idle_timeout = 0.5  # limits the memory for thousands of idle pipelines
    settings.watching.chunk_size = 100
    if selector := memo.get("selector"):
        settings.watching.label_selectors[RESOURCE] = selector


@kopf.on.event(*RESOURCE)
async def observed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Record that the watch has delivered this version of the object."""
    metadata = event["object"]["metadata"]
    is_deleted = event["type"] == "DELETED"
    memo.watch.observe(metadata["uid"], None if is_deleted else metadata["resourceVersion"])
    if is_deleted:
        memo.worker.forget(Reference.to(metadata))


@kopf.on.create(*RESOURCE)
@kopf.on.update(*RESOURCE)
async def changed(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """Enqueue the pipeline if its spec or an annotation of the operator changed."""
    if Pipeline(body).needs_reconciliation:
        memo.queue.add(Reference.to(body.metadata))
    else:  # the status can look complete although a killed operator left work unfinished
        memo.queue.add_after(Reference.to(body.metadata), within=SPREAD)


@kopf.on.resume(*RESOURCE)
async def resumed(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """Enqueue an existing pipeline after a restart, at a random moment."""
    memo.queue.add_after(Reference.to(body.metadata), within=SPREAD)


@kopf.on.delete(*RESOURCE)
def deleted(body: kopf.Body, memo: kopf.Memo, retry: int, **_: Any) -> None:
    """Release the finalizer once only retained resources are left."""
    if result := memo.worker.delete(Reference.to(body.metadata)):
        ready = result.status["Ready"]
        message = ready.message if ready else "the deletion is not complete"
        raise kopf.TemporaryError(message, delay=backoff(retry, LONGEST_PAUSE))
