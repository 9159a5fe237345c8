"""Core: objects of the core API group, as dictionaries.

kubernetes.client.CoreV1Api does the same with a model of every kind, whose import costs more CPU
time than the rest of the operator's start.
"""

from __future__ import annotations

import json
from typing import Any

from kubernetes.client import ApiClient
from kubernetes.dynamic import DynamicClient

TIMEOUT = (3, 10)  # seconds to connect, and to receive a response on a dead connection
NAMESPACE = "/api/v1/namespaces/{namespace}"
CONFIG_MAP = f"{NAMESPACE}/configmaps/{{name}}"
EVENTS = f"{NAMESPACE}/events"
PAGE = "100"  # objects in one response
SILENCE = 90.0  # seconds without a byte after which a watch is dead: bookmarks arrive every 60


class CoreApi:
    """Reads and creates objects by path; raises ApiException, or HTTPError without an answer."""

    def __init__(self, client: ApiClient | None = None) -> None:
        self._client: Any = DynamicClient(client or ApiClient(), discoverer=lambda *_: None)

    def get(self, path: str, **names: str) -> dict[str, Any]:
        """Return the object at *path*; *names* are its variables."""
        return self._request("get", path, names)

    def list(self, path: str, fields: str = "", **names: str) -> list[dict[str, Any]]:
        """Return the objects in the collection at *path*; *fields* is a field selector."""
        query = [("fieldSelector", fields)] if fields else []
        return list(self._request("get", path, names, query_params=query)["items"])

    def page(self, path: str, **query: str) -> dict[str, Any]:
        """Return one page of the collection at *path*; empty parameters are left out."""
        given = [(name, value) for name, value in query.items() if value]
        return self._request("get", path, {}, query_params=[("limit", PAGE), *given])

    def open_watch(  # the parameters that kubernetes.watch.Watch passes
        self,
        path: str,
        *,
        version: str,
        fields: str,
        timeout_seconds: int,
        watch: bool,
        _preload_content: bool,
    ) -> Any:
        """Return the open response of a watch of the collection at *path*."""
        query = {
            "watch": str(watch).lower(),
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "fieldSelector": fields,
            "timeoutSeconds": str(timeout_seconds),
        }
        return self._client.request(
            "get",
            path,
            query_params=[(name, value) for name, value in query.items() if value],
            serialize=False,
            _request_timeout=(TIMEOUT[0], SILENCE),
        )

    def create(self, path: str, body: dict[str, Any], **names: str) -> dict[str, Any]:
        """Create an object in the collection at *path*, and return it."""
        return self._request("post", path, names, body=body)

    def _request(
        self, method: str, path: str, names: dict[str, str], **more: Any
    ) -> dict[str, Any]:
        answer = self._client.request(
            method, path, path_params=names, serialize=False, _request_timeout=TIMEOUT, **more
        )
        return dict(json.loads(answer.data))
