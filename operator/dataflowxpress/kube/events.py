"""Recorder: writes what has happened to a pipeline down as Events, for `kubectl describe`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from kubernetes.client import ApiClient

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.spec import GROUP, KIND, VERSION

from .client import UNANSWERED
from .core import EVENTS, CoreApi

log = logging.getLogger(__name__)

LONGEST = 1024  # characters in a message
COMPONENT = "dataflowxpress"


class Recorder:
    """Writes Events beside the pipelines that they are about."""

    def __init__(self, client: ApiClient | None = None) -> None:
        self._core = CoreApi(client)

    def record(self, reference: Reference, event: Event) -> None:
        """Write one; where that cannot be, the log says so: it is no reason to fail."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        body: Any = {
            "metadata": {"generateName": f"{reference.name[:200]}."},
            "involvedObject": {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": KIND,
                "namespace": reference.namespace,
                "name": reference.name,
                "uid": reference.uid,
            },
            "type": event.type,
            "reason": event.reason.value,
            "message": event.message[:LONGEST],
            "source": {"component": COMPONENT},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            self._core.create(EVENTS, body, namespace=reference.namespace)
        except UNANSWERED as error:
            log.warning("%s: the Event %s cannot be written: %s", reference, event.reason, error)
