"""Handlers: kopf's side: it tells what happens to pipelines, and holds them until they may go."""

from __future__ import annotations

import logging
from typing import Any

import kopf

from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.spec import GROUP, PLURAL, VERSION

from .workqueue import backoff

LONGEST_PAUSE = 30.0  # seconds between tries to delete: an edited spec is to help soon
NOTES = f"kopf.{GROUP}"  # under whose prefix kopf would not see what users ask by annotations
RESOURCE = (GROUP, VERSION, PLURAL)
SPREAD = 10.0  # seconds over which pipelines are taken up after a restart
THREADS = 16  # in which pipelines are deleted


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    """Set kopf up."""
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=NOTES)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=NOTES)
    settings.execution.max_workers = THREADS
    settings.posting.enabled = False  # Events are ours to choose and to write
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # and so is what is logged
    settings.watching.server_timeout = 300
    settings.networking.error_backoffs = [1, 2, 5, 10, 30]
    settings.scanning.disabled = True  # what to watch is known: no permission to look around
    settings.queueing.idle_timeout = 0.5  # or each of thousands is held in memory for a while
    settings.watching.chunk_size = 100
    if selector := memo.get("selector"):
        settings.watching.label_selectors[RESOURCE] = selector


@kopf.on.event(*RESOURCE)
async def heard(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Note that the watch tells us what happens."""
    metadata = event["object"]["metadata"]
    gone = event["type"] == "DELETED"
    memo.watch.hear(metadata["uid"], None if gone else metadata["resourceVersion"])
    if gone:
        memo.worker.forget(Reference.to(metadata))


@kopf.on.create(*RESOURCE)
@kopf.on.update(*RESOURCE)
async def changed(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """Have compared what is new; kubectl's and Argo CD's own annotations are no reason."""
    if Pipeline(body).needs_reconciliation:
        memo.queue.add(Reference.to(body.metadata))
    else:  # what an operator that was killed has begun looks answered, and is nobody's
        memo.queue.add_after(Reference.to(body.metadata), within=SPREAD)


@kopf.on.resume(*RESOURCE)
async def resumed(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """Take up a pipeline again, not all at once."""
    memo.queue.add_after(Reference.to(body.metadata), within=SPREAD)


@kopf.on.delete(*RESOURCE)
def deleted(body: kopf.Body, memo: kopf.Memo, retry: int, **_: Any) -> None:
    """Let a pipeline go once nothing is left that its deletion policy does not keep."""
    if report := memo.worker.delete(Reference.to(body.metadata)):
        blocking = report.status["Ready"]
        message = blocking.message if blocking else "not all gone"
        raise kopf.TemporaryError(message, delay=backoff(retry, LONGEST_PAUSE))
