"""Kubernetes: what the demo does there as any user would, with nothing but the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from dataflowxpress.cluster import Cluster
from dataflowxpress.core.status import Status
from dataflowxpress.spec import GROUP, KIND, VERSION

NAMESPACE = "default"


class Kubernetes:
    """A cluster, seen through a kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        client = config.new_client_from_config(str(kubeconfig))
        self._dynamic, self._cluster = DynamicClient(client), Cluster(client)

    def apply(self, manifest: Path) -> str:
        """Apply all documents of *manifest*; return the name of the DataPipeline among them."""
        documents = list(yaml.safe_load_all(manifest.read_text()))
        for document in documents:
            resource = self._dynamic.resources.get(
                api_version=document["apiVersion"], kind=document["kind"]
            )
            resource.server_side_apply(
                body=document, namespace=NAMESPACE, field_manager="demo", force_conflicts=True
            )
        return next(str(d["metadata"]["name"]) for d in documents if d["kind"] == KIND)

    def status(self, name: str) -> Status | None:
        """Return what a pipeline says of itself, or None where it is gone."""
        body = self._cluster.pipeline(NAMESPACE, name)
        return Status.model_validate(body.get("status") or {}) if body else None

    def delete(self, name: str) -> None:
        """Ask for a pipeline to be deleted."""
        kind = self._dynamic.resources.get(api_version=f"{GROUP}/{VERSION}", kind=KIND)
        kind.delete(name=name, namespace=NAMESPACE)

    def events(self, name: str) -> Iterator[str]:
        """Yield the Events of a pipeline, the oldest first, as `kubectl describe` tells them."""
        kind = self._dynamic.resources.get(api_version="v1", kind="Event")
        selector = f"involvedObject.kind={KIND},involvedObject.name={name}"
        found: list[Any] = kind.get(namespace=NAMESPACE, field_selector=selector).items
        for event in sorted(found, key=lambda e: e.metadata.creationTimestamp):
            yield f"{event.type:8} {event.reason:16} {event.message}"
