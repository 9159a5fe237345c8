"""Live: pipelines in a cluster, as somebody with kubectl has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kubernetes import config
from kubernetes.client import CustomObjectsApi

from dataflowxpress.api.spec import GROUP, PLURAL, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress.kube.client import Cluster

KIND = (GROUP, VERSION)
MERGE_PATCH = "application/merge-patch+json"


class Live:
    """The cluster of a context of the user's kubeconfig; the current one where none is named."""

    def __init__(self, context: str = "") -> None:
        client = config.new_client_from_config(context=context or None)
        self.cluster, self._objects = Cluster(client), CustomObjectsApi(client)

    def names(self, namespace: str) -> list[str]:
        """Return the names of all pipelines in a namespace."""
        found: Any = self._objects.list_namespaced_custom_object(*KIND, namespace, PLURAL)
        return sorted(item["metadata"]["name"] for item in found["items"])

    def status(self, namespace: str, name: str) -> Status | None:
        """Return what a pipeline says of itself, or None where it is gone."""
        body = self.cluster.pipeline(namespace, name)
        return Status.model_validate(body.get("status") or {}) if body else None

    def annotate(self, namespace: str, name: str, annotation: str, value: str | None) -> None:
        """Set an annotation, or take it away."""
        patch = {"metadata": {"annotations": {annotation: value}}}
        self._objects.patch_namespaced_custom_object(
            *KIND, namespace, PLURAL, name, patch, _content_type=MERGE_PATCH
        )

    def delete(self, namespace: str, name: str) -> None:
        """Ask for a pipeline to be deleted; its operator does the rest."""
        self._objects.delete_namespaced_custom_object(*KIND, namespace, PLURAL, name)


def namespace_of(context: str = "") -> str:
    """Return the namespace that a context of the kubeconfig names, or `default`."""
    contexts, current = config.list_kube_config_contexts()
    named = next((each for each in contexts if each["name"] == context), current)
    return str(named["context"].get("namespace") or "default")


def now() -> str:
    """Return a value for the annotations that ask for something: any that is new will do."""
    return datetime.now(UTC).isoformat()
