"""Live: the pipelines in a cluster, with the rights of the user's kubeconfig."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status

MERGE_PATCH = "application/merge-patch+json"


class Live:
    """The cluster of *context* in the user's kubeconfig; without one, of the current context."""

    def __init__(self, context: str = "") -> None:
        from kubernetes import config
        from kubernetes.client import CustomObjectsApi

        from dataflowxpress.api.spec import GROUP, PLURAL, VERSION
        from dataflowxpress.kube.client import Cluster

        client = config.new_client_from_config(context=context or None)
        self.cluster, self._objects = Cluster(client), CustomObjectsApi(client)
        self._kind: dict[str, Any] = {"group": GROUP, "version": VERSION, "plural": PLURAL}

    def pipelines(self, namespace: str) -> list[dict[str, Any]]:
        """Return all pipelines in a namespace, by name."""
        found: Any = self._objects.list_namespaced_custom_object(**self._kind, namespace=namespace)
        return sorted(found["items"], key=lambda body: str(body["metadata"]["name"]))

    def status(self, namespace: str, name: str) -> Status | None:
        """Return the status of a pipeline, or None if the pipeline does not exist."""
        from dataflowxpress.api.status import Status

        body = self.cluster.pipeline(namespace, name)
        return Status.model_validate(body.get("status") or {}) if body else None

    def annotate(self, namespace: str, name: str, annotation: str, value: str | None) -> None:
        """Set an annotation; None removes it."""
        patch = {"metadata": {"annotations": {annotation: value}}}
        self._objects.patch_namespaced_custom_object(
            **self._kind, namespace=namespace, name=name, body=patch, _content_type=MERGE_PATCH
        )

    def delete(self, namespace: str, name: str) -> None:
        """Delete a pipeline; its operator then deletes the resources in AWS."""
        self._objects.delete_namespaced_custom_object(**self._kind, namespace=namespace, name=name)


def namespace_of(context: str = "") -> str:
    """Return the namespace that a context of the kubeconfig names, or `default`."""
    from kubernetes import config

    contexts, current = config.list_kube_config_contexts()
    named = next((each for each in contexts if each["name"] == context), current)
    return str(named["context"].get("namespace") or "default")


def now() -> str:
    """Return a new value for an annotation that requests work."""
    return datetime.now(UTC).isoformat()
