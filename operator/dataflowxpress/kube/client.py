"""Cluster: the few things that we ask of and tell the Kubernetes API server."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
from dataflowxpress.api.spec import GROUP, PLURAL, VERSION
from dataflowxpress.api.status import Status

from .core import CONFIG_MAP, NAMESPACE, TIMEOUT, CoreApi

NOT_FOUND, FORBIDDEN = 404, 403
JSON_PATCH = "application/json-patch+json"
_NAMELESS = (
    "the operator may not read the namespace kube-system, whose uid stands for the cluster in the"
    " tags of ownership: allow it to get that namespace"
)
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE = 100  # objects in one answer
CONNECTIONS = 32  # that are kept: one for each worker, and some for probes and deletions
UNANSWERED = (ApiException, HTTPError)  # what the client raises where the API server is no help


def connect() -> None:
    """Be the service account of our pod, or elsewhere who the kubeconfig says."""
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
    ours = Configuration.get_default_copy()
    ours.connection_pool_maxsize = CONNECTIONS
    Configuration.set_default(ours)


class Cluster:
    """Reads pipelines and ConfigMaps, writes status."""

    def __init__(self, client: ApiClient | None = None) -> None:
        self._objects, self._core = CustomObjectsApi(client), CoreApi(client)
        bare = ApiClient(client and client.configuration, "Accept", METADATA)
        self._metadata = CustomObjectsApi(bare)

    def versions(self, namespaces: Collection[str] = (), selector: str = "") -> dict[str, str]:
        """Return the resource version of each pipeline there, or anywhere, by UID."""
        return {
            metadata["uid"]: metadata["resourceVersion"]
            for namespace in namespaces or [""]
            for page in self._pages(namespace, label_selector=selector, limit=PAGE)
            for metadata in (item["metadata"] for item in page["items"] or [])
        }

    def ask(self, namespaces: Collection[str] = ()) -> None:
        """List a pipeline of each namespace, or any: raises where that cannot be done."""
        for namespace in namespaces or [""]:
            next(self._pages(namespace, limit=1))

    def _pages(self, namespace: str, **query: Any) -> Iterator[Any]:
        """Yield what is there page by page, metadata only; no namespace: from all of them."""
        where: Any = {"group": GROUP, "version": VERSION, "plural": PLURAL}
        query |= {"_request_timeout": TIMEOUT, "_continue": ""}
        while True:
            page: Any = (
                self._metadata.list_namespaced_custom_object(**where, namespace=namespace, **query)
                if namespace
                else self._metadata.list_cluster_custom_object(**where, **query)
            )
            yield page
            if not (more := page["metadata"].get("continue")):
                return
            query["_continue"] = more

    @cached_property
    def uid(self) -> str:
        """Which cluster it is: by the uid of a namespace that is there as long as the cluster."""
        try:
            found = self._core.get(NAMESPACE, namespace="kube-system")
        except ApiException as error:
            if error.status == FORBIDDEN:
                raise Refused(_NAMELESS) from error
            raise
        return str(found["metadata"]["uid"])

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return the DataPipeline as it is now, or None where it is gone."""
        try:
            found: Any = self._objects.get_namespaced_custom_object(
                GROUP, VERSION, namespace, PLURAL, name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return dict(found)

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        """Replace the whole status: a merge would keep what is no longer true."""
        patch = [{"op": "add", "path": "/status", "value": status.as_json()}]
        try:
            self._objects.patch_namespaced_custom_object_status(
                GROUP,
                VERSION,
                namespace,
                PLURAL,
                name,
                patch,
                _content_type=JSON_PATCH,
                _request_timeout=TIMEOUT,
            )
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """Return the value of *key* in a ConfigMap, or None where either is missing."""
        try:
            found = self._core.get(CONFIG_MAP, namespace=namespace, name=name)
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return (found.get("data") or {}).get(key)
