"""Cluster: the pipelines of a fleet on an API server, and the requests that it counts."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes import config
from kubernetes.client import ApiClient, CustomObjectsApi

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.sandbox import Sandbox

NAMESPACE = "default"
WHERE = (GROUP, VERSION, NAMESPACE, PLURAL)
# The emulator polls the queues of active mappings, which would be most of its work.
SPEC = {"suspend": True}
_REQUEST = re.compile(r"apiserver_request_total\{(.*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class Fleet:
    """The pipelines on an API server."""

    def __init__(self, client: ApiClient) -> None:
        self._client, self._objects = client, CustomObjectsApi(client)

    def create(self, pipelines: int, resync: str) -> None:
        """Create pipelines that resync at this interval."""
        for number in range(pipelines):
            body = {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": KIND,
                "metadata": {"name": f"fleet-{number:04d}"},
                "spec": {**SPEC, "resyncInterval": resync},
            }
            self._objects.create_namespaced_custom_object(*WHERE, body)

    def change(self, name: str) -> float:
        """Change the spec of a pipeline; return the seconds until it is `Ready` again."""
        start = time.monotonic()
        spec = {"spec": {"job": {"timeoutMinutes": 61}}}
        changed: Any = self._objects.patch_namespaced_custom_object(*WHERE, name, spec)
        generation = changed["metadata"]["generation"]
        while not _is_ready(self._get(name), generation):
            time.sleep(0.1)
        return time.monotonic() - start

    def contents(self) -> dict[str, Any]:
        """Return spec and status of each pipeline, without the time of its last comparison."""
        return {each["metadata"]["name"]: _content(each) for each in self._list()}

    def not_ready(self) -> list[str]:
        """Return the names of the pipelines that are not ready."""
        return [each["metadata"]["name"] for each in self._list() if not _is_ready(each)]

    def resources(self) -> int:
        """Count the AWS resources of all pipelines."""
        return sum(len(each["status"]["resources"]) for each in self._list())

    def requests(self) -> Counter[str]:
        """Count the requests about pipelines since the API server's start, by verb."""
        request = self._client.param_serialize("GET", "/metrics", auth_settings=["BearerToken"])
        answer = self._client.call_api(*request)
        text = answer.read().decode()
        counted = Counter[str]()
        for labels, value in _REQUEST.findall(text):
            label = dict(_LABEL.findall(labels))
            if label.get("resource") == PLURAL:
                counted[f"{label['verb']} {label['subresource']}".strip()] += int(float(value))
        return counted

    def _get(self, name: str) -> Any:
        return self._objects.get_namespaced_custom_object(*WHERE, name)

    def _list(self) -> list[dict[str, Any]]:
        found: Any = self._objects.list_namespaced_custom_object(*WHERE)
        return list(found["items"])


@contextmanager
def fleet(sandbox: Sandbox) -> Iterator[Fleet]:
    """Connect to the API server of a sandbox."""
    with config.new_client_from_config(str(sandbox.kubeconfig)) as client:
        yield Fleet(client)


def _content(body: dict[str, Any]) -> Any:
    status = {**body.get("status", {}), "lastComparedAt": None}
    return body["spec"], status


def _is_ready(body: dict[str, Any], generation: int = 0) -> bool:
    status = Status.model_validate(body.get("status") or {})
    return status.holds("Ready") and (status.observed_generation or 0) >= generation
