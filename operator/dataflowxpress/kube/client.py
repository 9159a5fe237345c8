"""Cluster: the operator's calls to the Kubernetes API server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import Any

from kubernetes import config
from kubernetes.client import (
    ApiClient,
    ApiException,
    Configuration,
    CustomObjectsApi,
)
from urllib3.exceptions import HTTPError

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.pipeline import FINALIZER, Pipeline
from dataflowxpress.api.spec import GROUP, PLURAL, VERSION
from dataflowxpress.api.status import Status

from .core import CONFIG_MAP, NAMESPACE, TIMEOUT, CoreApi

NOT_FOUND, FORBIDDEN = 404, 403
JSON_PATCH = "application/json-patch+json"
_NO_UID = (
    "the operator cannot read the namespace kube-system, whose UID identifies the cluster in the"
    " owner tags: allow the operator to get that namespace"
)
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE = 100  # objects in one response
CONNECTIONS = 32  # in the pool: one for each worker, and some for probes and deletions
UNANSWERED = (ApiException, HTTPError)  # raised if the API server does not serve a call


def connect() -> None:
    """Authenticate as the pod's service account, or outside a pod by the kubeconfig."""
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
    configuration = Configuration.get_default_copy()
    configuration.connection_pool_maxsize = CONNECTIONS
    Configuration.set_default(configuration)


class Cluster:
    """Reads pipelines and ConfigMaps, and writes the status of pipelines."""

    def __init__(self, client: ApiClient | None = None) -> None:
        self._objects, self._core = CustomObjectsApi(client), CoreApi(client)
        metadata_client = ApiClient(client and client.configuration, "Accept", METADATA)
        self._metadata = CustomObjectsApi(metadata_client)

    def list_metadata(
        self, namespaces: Collection[str] = (), selector: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Yield the pipelines, each with its metadata only; no namespaces means all."""
        for namespace in namespaces or [""]:
            for page in self._pages(namespace, label_selector=selector, limit=PAGE):
                yield from page["items"] or []

    def check_access(self, namespaces: Collection[str] = ()) -> None:
        """List one pipeline of each namespace; raises the error if that fails."""
        for namespace in namespaces or [""]:
            next(self._pages(namespace, limit=1))

    def _pages(self, namespace: str, **query: Any) -> Iterator[Any]:
        """Yield pages of metadata; an empty namespace means all."""
        resource: Any = {"group": GROUP, "version": VERSION, "plural": PLURAL}
        query |= {"_request_timeout": TIMEOUT, "_continue": ""}
        while True:
            page: Any = (
                self._metadata.list_namespaced_custom_object(
                    **resource, namespace=namespace, **query
                )
                if namespace
                else self._metadata.list_cluster_custom_object(**resource, **query)
            )
            yield page
            if not (more := page["metadata"].get("continue")):
                return
            query["_continue"] = more

    @cached_property
    def uid(self) -> str:
        """The UID of the cluster: that of a namespace with the same lifetime."""
        try:
            found = self._core.get(NAMESPACE, namespace="kube-system")
        except ApiException as error:
            if error.status == FORBIDDEN:
                raise Refused(_NO_UID) from error
            raise
        return str(found["metadata"]["uid"])

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return the current DataPipeline, or None if it does not exist."""
        try:
            found: Any = self._objects.get_namespaced_custom_object(
                GROUP, VERSION, namespace, PLURAL, name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return dict(found)

    def hold(self, pipeline: Pipeline) -> bool:
        """Add the finalizer unless the object has it; returns False if the object is gone."""
        return pipeline.is_held or self._patch_finalizers(
            pipeline, [*pipeline.finalizers, FINALIZER]
        )

    def release(self, pipeline: Pipeline) -> None:
        """Remove the finalizer, if the object still has it."""
        if pipeline.is_held:
            self._patch_finalizers(pipeline, [f for f in pipeline.finalizers if f != FINALIZER])

    def _patch_finalizers(self, pipeline: Pipeline, finalizers: list[str]) -> bool:
        """Replace the finalizers that *pipeline* had; returns False if the object is gone.

        Raises ApiException 422 if the object has been replaced, or has other finalizers by now.
        """
        patch: list[dict[str, Any]] = [
            {"op": "test", "path": "/metadata/uid", "value": pipeline.uid},
            {"op": "test", "path": "/metadata/finalizers", "value": pipeline.finalizers or None},
            {"op": "add", "path": "/metadata/finalizers", "value": finalizers},
        ]
        call = self._objects.patch_namespaced_custom_object
        return self._patch(call, pipeline.namespace, pipeline.name, patch)

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        """Replace the whole status: a merge would keep outdated fields."""
        patch = [{"op": "add", "path": "/status", "value": status.as_json()}]
        self._patch(self._objects.patch_namespaced_custom_object_status, namespace, name, patch)

    @staticmethod
    def _patch(
        call: Callable[..., object], namespace: str, name: str, patch: list[dict[str, Any]]
    ) -> bool:
        """Apply a JSON patch to a pipeline by *call*; returns False if the pipeline is gone."""
        options = {"_content_type": JSON_PATCH, "_request_timeout": TIMEOUT}
        try:
            call(GROUP, VERSION, namespace, PLURAL, name, patch, **options)
        except ApiException as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """Return the value of *key* in a ConfigMap, or None if either is missing."""
        try:
            found = self._core.get(CONFIG_MAP, namespace=namespace, name=name)
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            if error.status == FORBIDDEN:
                raise Refused(
                    f"the operator cannot read ConfigMap {name}: use spec.job.script.inline, or ask"
                    " the administrator of the operator to set the chart value rbac.configMaps"
                ) from None
            raise
        return (found.get("data") or {}).get(key)
