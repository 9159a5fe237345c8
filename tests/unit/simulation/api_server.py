"""API server: pipelines, their finalizers and versions, and a watch that can lose events."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from dataflowxpress.api.pipeline import FINALIZER, Pipeline
from dataflowxpress.api.status import Status

from .scheduler import Scheduler

Key = tuple[str, str]
Body = dict[str, Any]
T = TypeVar("T")

DELETED = "DELETED"


class ApiServer:
    """A PipelineStore, as the client and the user of a real API server see it."""

    uid = "cluster"

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.objects: dict[Key, Body] = {}
        self.events: list[tuple[str, Body]] = []
        self.fault_rate = 0.0
        self._version = 0

    # What the operator calls.

    def pipeline(self, namespace: str, name: str) -> Body | None:
        """Return the current object."""
        return self._call(f"get {name}", lambda: self.read((namespace, name)))

    def list_metadata(self) -> Iterator[Body]:
        """Return the metadata of all objects, as of one moment."""
        found = self._call("list", lambda: copy.deepcopy([*self.objects.values()]))
        return ({"metadata": body["metadata"]} for body in found)

    def hold(self, pipeline: Pipeline) -> bool:
        """Add the finalizer."""
        if pipeline.is_held:
            return True
        return self._finalize(pipeline, [*pipeline.finalizers, FINALIZER])

    def release(self, pipeline: Pipeline) -> None:
        """Remove the finalizer."""
        if pipeline.is_held:
            self._finalize(pipeline, [f for f in pipeline.finalizers if f != FINALIZER])

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        """Replace the status, if the object exists."""

        def write() -> None:
            if body := self.objects.get((namespace, name)):
                body["status"] = status.as_json()
                self._changed(body)

        self._call(f"status of {name}", write)

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """No pipeline of the simulation has a ConfigMap."""
        raise AssertionError(namespace, name, key)

    # What the user does: without faults, at once.

    def read(self, key: Key) -> Body | None:
        """Return a copy of the object."""
        return copy.deepcopy(self.objects.get(key))

    def create(self, key: Key, spec: Body) -> None:
        """Create an object."""
        namespace, name = key
        body = {
            "metadata": {
                "namespace": namespace,
                "name": name,
                "uid": f"{name}-{self._version}",
                "generation": 1,
                "annotations": {},
                "finalizers": [],
            },
            "spec": spec,
        }
        self.objects[key] = body
        self._changed(body)

    def edit(self, key: Key, spec: Body) -> None:
        """Replace the spec."""
        body = self.objects[key]
        if body["spec"] != spec:
            body["spec"] = spec
            body["metadata"]["generation"] += 1
            self._changed(body)

    def annotate(self, key: Key, name: str, value: str) -> None:
        """Set an annotation."""
        self.objects[key]["metadata"]["annotations"][name] = value
        self._changed(self.objects[key])

    def delete(self, key: Key) -> None:
        """Delete the object, as far as its finalizers allow."""
        metadata = self.objects[key]["metadata"]
        if "deletionTimestamp" not in metadata:
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            metadata["generation"] += 1
            self._changed(self.objects[key])

    def _finalize(self, pipeline: Pipeline, finalizers: list[str]) -> bool:
        def patch() -> bool:
            body = self.objects.get((pipeline.namespace, pipeline.name))
            if body is None:
                return False
            current = Pipeline(body)
            is_deleting = current.is_deleting and FINALIZER in finalizers
            if (
                is_deleting
                or current.uid != pipeline.uid
                or [*current.finalizers] != [*pipeline.finalizers]
            ):
                raise ApiException(status=422, reason="Unprocessable Entity")
            body["metadata"]["finalizers"] = finalizers
            self._changed(body)
            return True

        return self._call(f"finalizers of {pipeline.name}", patch)

    def _changed(self, body: Body) -> None:
        self._version += 1
        metadata = body["metadata"]
        metadata["resourceVersion"] = str(self._version)
        gone = "deletionTimestamp" in metadata and not metadata["finalizers"]
        if gone:
            del self.objects[metadata["namespace"], metadata["name"]]
        self.events.append((DELETED if gone else "MODIFIED", copy.deepcopy(body)))

    def _call(self, label: str, effect: Callable[[], T]) -> T:
        """Let others go first, before the effect and before the answer; either can be lost."""
        self._scheduler.step(label)
        fails = self._scheduler.chance(self.fault_rate)
        if fails and self._scheduler.chance(0.5):
            raise ApiException(status=500, reason="Internal Server Error")
        result = effect()
        self._scheduler.step(f"{label}: answered")
        if fails:
            raise HTTPError("the answer was lost")
        return result
