"""Handlers: kopf's settings, and the translation of its watch events into the work queue.

kopf has no handler that changes an object. So it writes no annotations, and the operator itself
adds and removes the finalizer: kopf drops a change of an object whose patch fails.
"""

from __future__ import annotations

import logging
from typing import Any

import kopf

from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.spec import GROUP, PLURAL, VERSION

RESOURCE = (GROUP, VERSION, PLURAL)
SPREAD = 10.0  # seconds over which a restart spreads the pipelines


class _NoDifferences(kopf.DiffBaseStorage):
    """Finds no changes: no handler needs them, and kopf copies each object twice to find some."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        raise NotImplementedError("no handler changes an object")


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    """Configure kopf."""
    # kopf removes its finalizer if no handler needs it: it must not be that of the operator.
    settings.persistence.finalizer = f"kopf.{GROUP}/unused"
    settings.persistence.diffbase_storage = _NoDifferences()
    settings.posting.enabled = False  # the worker records the Events
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # one line for each event
    settings.watching.server_timeout = 300
    settings.networking.error_backoffs = [1, 2, 5, 10, 30]
    settings.scanning.disabled = True  # the resource is known: scanning needs more permissions
    settings.queueing.idle_timeout = 0.5  # limits the memory for thousands of idle pipelines
    settings.watching.chunk_size = 100
    if selector := memo.get("selector"):
        settings.watching.label_selectors[RESOURCE] = selector


@kopf.on.event(*RESOURCE)
async def observed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Record that the watch has delivered this version of the object, and enqueue its requests."""
    body: Any = event["object"]
    metadata = body["metadata"]
    if event["type"] == "DELETED":
        memo.watch.observe(metadata["uid"], None)
        memo.worker.forget(Reference.to(metadata))
        return
    memo.watch.observe(metadata["uid"], metadata["resourceVersion"])
    pipeline = Pipeline(body)
    # The status can look complete although a killed operator left work unfinished.
    answered = not pipeline.is_deleting and not pipeline.needs_reconciliation
    memo.worker.observe(pipeline, within=SPREAD if answered else 0)
