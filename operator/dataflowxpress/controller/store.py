"""Store: the port to a pipeline's spec and status, in a cluster, or in a file and its bucket."""

from __future__ import annotations

from typing import Any, Protocol

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.status import Status


class PipelineStore(Protocol):
    """Reads and writes pipelines and ConfigMaps."""

    @property
    def uid(self) -> str:
        """The UID of the cluster; empty outside a cluster."""
        ...

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return the current DataPipeline, or None if it does not exist."""
        ...

    def hold(self, pipeline: Pipeline) -> bool:
        """Keep the object until `release`, from before its first resource; False if it is gone."""
        ...

    def release(self, pipeline: Pipeline) -> None:
        """Let the deletion of the object complete."""
        ...

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        """Replace the whole status."""
        ...

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """Return the value of *key* in a ConfigMap, or None if either is missing."""
        ...
