"""Event recorder: writes Events about pipelines, as `kubectl describe` shows them."""

from __future__ import annotations

import logging
from typing import Any

from kubernetes.client import ApiClient

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.api.timestamps import format_now

from .client import UNANSWERED
from .core import EVENTS, CoreApi

log = logging.getLogger(__name__)

LONGEST = 1024  # characters in a message
COMPONENT = "dataflowxpress"


class EventRecorder:
    """Writes Events to the namespaces of their pipelines."""

    def __init__(self, client: ApiClient | None = None) -> None:
        self._core = CoreApi(client)

    def record(self, reference: Reference, event: Event) -> None:
        """Write one Event; logs a warning if the API server does not accept it."""
        now = format_now()
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
            log.warning("%s: cannot write the Event %s: %s", reference, event.reason, error)
