"""Live: the pipelines in a cluster, with the rights of the user's kubeconfig."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status

MERGE_PATCH = "application/merge-patch+json"
GONE = 410  # the API server no longer has the version at which a watch should start


class Live:
    """The cluster of *context* in the user's kubeconfig; without one, of the current context.

    With *timeout* in seconds, it asks the API server once, and does not wait longer.
    """

    def __init__(self, context: str = "", timeout: float | None = None) -> None:
        from kubernetes import config
        from kubernetes.client import ApiClient, CustomObjectsApi

        from dataflowxpress.api.spec import GROUP, PLURAL, VERSION
        from dataflowxpress.kube.client import Cluster

        client = config.new_client_from_config(context=context or None)
        if timeout is not None:
            client.configuration.retries = False
            client = ApiClient(client.configuration)
        self._timeout = timeout
        self._client, self.cluster = client, Cluster(client)
        self._objects = CustomObjectsApi(client)
        self._kind: dict[str, Any] = {"group": GROUP, "version": VERSION, "plural": PLURAL}

    def pipelines(self, namespace: str) -> list[dict[str, Any]]:
        """Return all pipelines in a namespace, by name."""
        found: Any = self._objects.list_namespaced_custom_object(
            **self._kind, namespace=namespace, _request_timeout=self._timeout
        )
        return sorted(found["items"], key=lambda body: str(body["metadata"]["name"]))

    def watched(self, namespace: str, name: str = "") -> Iterator[list[dict[str, Any]]]:
        """Yield the pipelines of a namespace, or the one with *name*, now and after each change."""
        while True:
            yield from self._until_closed(namespace, name)

    def _until_closed(self, namespace: str, name: str) -> Iterator[list[dict[str, Any]]]:
        """Yield the pipelines until the API server closes the watch, as it does after minutes."""
        from kubernetes.client import ApiException
        from kubernetes.watch import Watch

        chosen = {**self._kind, "namespace": namespace}
        chosen |= {"field_selector": f"metadata.name={name}"} if name else {}
        call = self._objects.list_namespaced_custom_object
        listed: Any = call(**chosen)
        found = {each["metadata"]["name"]: each for each in listed["items"]}
        yield [found[each] for each in sorted(found)]
        version = listed["metadata"]["resourceVersion"]
        try:
            for event in Watch().stream(call, **chosen, resource_version=version):
                body = event["object"]
                if event["type"] == "DELETED":
                    found.pop(body["metadata"]["name"], None)
                else:
                    found[body["metadata"]["name"]] = body
                yield [found[each] for each in sorted(found)]
        except ApiException as error:
            if error.status != GONE:
                raise

    def events(self, namespace: str, name: str) -> list[dict[str, Any]]:
        """Return the Events about a pipeline, the oldest first."""
        from dataflowxpress.api.spec import KIND
        from dataflowxpress.kube.core import EVENTS, CoreApi

        fields = f"involvedObject.kind={KIND},involvedObject.name={name}"
        found = CoreApi(self._client).list(EVENTS, fields, namespace=namespace)
        return sorted(found, key=lambda event: str(event.get("lastTimestamp") or ""))

    def secrets(self) -> list[str]:
        """Return the tokens and passwords of the kubeconfig."""
        settings = self._client.configuration
        keys = (key.rpartition(" ")[2] for key in settings.api_key.values())  # after "Bearer "
        return [*filter(None, [*keys, settings.password])]

    def version(self) -> dict[str, Any]:
        """Return the version of the API server."""
        from dataflowxpress.kube.core import CoreApi

        return CoreApi(self._client).get("/version")

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
