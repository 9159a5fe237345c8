"""Cluster: the few things that we ask of and tell the Kubernetes API server."""

from __future__ import annotations

from typing import Any

from kubernetes.client import ApiClient, ApiException, CoreV1Api, CustomObjectsApi

from .core.status import Status
from .spec import GROUP, PLURAL, VERSION

NOT_FOUND = 404
JSON_PATCH = "application/json-patch+json"


class Cluster:
    """Reads pipelines and ConfigMaps, writes status."""

    def __init__(self, client: ApiClient | None = None) -> None:
        self._objects, self._core = CustomObjectsApi(client), CoreV1Api(client)

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return the DataPipeline as it is now, or None where it is gone."""
        try:
            found: Any = self._objects.get_namespaced_custom_object(
                GROUP, VERSION, namespace, PLURAL, name
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
                GROUP, VERSION, namespace, PLURAL, name, patch, _content_type=JSON_PATCH
            )
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """Return the value of *key* in a ConfigMap, or None where either is missing."""
        try:
            config_map = self._core.read_namespaced_config_map(name, namespace)
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return (config_map.data or {}).get(key)
