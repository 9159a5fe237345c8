"""Kubernetes: what the demo does there as any user would, with nothing but the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import NotFoundError

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.api.status import Status

NAMESPACE = "default"


class Kubernetes:
    """A cluster, seen through a kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        client = config.new_client_from_config(str(kubeconfig))
        self._dynamic = DynamicClient(client)

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
        try:
            found = self._pipelines.get(name=name, namespace=NAMESPACE).to_dict()
        except NotFoundError:
            return None
        return Status.model_validate(found.get("status") or {})

    def delete(self, name: str) -> None:
        """Ask for a pipeline to be deleted."""
        self._pipelines.delete(name=name, namespace=NAMESPACE)

    @property
    def _pipelines(self) -> Any:
        return self._dynamic.resources.get(api_version=f"{GROUP}/{VERSION}", kind=KIND)

    def events(self, name: str) -> Iterator[str]:
        """Yield the Events of a pipeline, the oldest first, as `kubectl describe` tells them."""
        kind = self._dynamic.resources.get(api_version="v1", kind="Event")
        selector = f"involvedObject.kind={KIND},involvedObject.name={name}"
        found: list[Any] = kind.get(namespace=NAMESPACE, field_selector=selector).items
        for event in sorted(found, key=lambda e: e.metadata.creationTimestamp):
            yield f"{event.type:8} {event.reason:16} {event.message}"
