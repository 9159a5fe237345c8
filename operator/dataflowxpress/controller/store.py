"""Store: who keeps a pipeline's spec and status: a cluster, or a file and its bucket."""

from __future__ import annotations

from typing import Any, Protocol

from dataflowxpress.api.status import Status


class PipelineStore(Protocol):
    """What a reconciliation reads and writes beside AWS."""

    @property
    def uid(self) -> str:
        """Which cluster it is; empty where it is none."""
        ...

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return the DataPipeline as it is now, or None where it is gone."""
        ...

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        """Replace what is said of it."""
        ...

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """Return the value of *key* in a ConfigMap, or None where either is missing."""
        ...
