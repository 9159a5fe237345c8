"""Lease: leader election through a Lease of coordination.k8s.io."""

from __future__ import annotations

import copy
import os
import socket
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

from kubernetes.client import ApiClient, ApiException, Configuration, CustomObjectsApi

from dataflowxpress.api.timestamps import MICRO_TIME, format_now

DURATION = 15  # seconds until a Lease expires without renewal
TIMEOUT = (2, 3)  # seconds to connect, and to receive a response: two attempts fit into 10 s
ATTEMPTS = 3  # to write a Lease that others change, for example its annotations
Object = dict[str, Any]
KIND: Object = {"group": "coordination.k8s.io", "version": "v1", "plural": "leases"}


class Holding(NamedTuple):
    """An observed Lease, and the local time of the observation: other clocks can be wrong."""

    holder: str
    renewed: str
    duration: float
    since: float


class Lease:
    """The Lease *name* in *namespace*; *holder* identifies this operator."""

    def __init__(
        self,
        namespace: str,
        name: str,
        *,
        holder: str = "",
        client: ApiClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.holder = holder or f"{socket.gethostname()}_{os.getpid()}_{uuid.uuid4()}"
        self._resource, self._name = {**KIND, "namespace": namespace}, name
        self._objects, self._clock = CustomObjectsApi(_without_retries(client)), clock
        self._observed, self._held = Holding("", "", 0, 0), Object()

    def hold(self) -> bool:
        """Acquire or renew the Lease; returns False while another operator holds it.

        Raises the client's errors if the API server rejects the call or is unreachable.
        """
        lease = self._held or self._read()
        for attempts_left in reversed(range(ATTEMPTS)):
            spec: Object = lease["spec"] if lease else {}
            is_holder = spec.get("holderIdentity") == self.holder
            if not is_holder and not self._free(spec):
                return False
            try:
                self._write(lease, self._held_spec(spec, is_holder=is_holder))
            except ApiException as error:
                if error.status != HTTPStatus.CONFLICT or not attempts_left:
                    raise
                # Another operator, or this one: a proxy repeats a request whose answer is late.
                lease = self._read()
            else:
                break
        return True

    def _held_spec(self, spec: Object, *, is_holder: bool) -> Object:
        """Return *spec* as this holder acquires or renews it now."""
        now = format_now(MICRO_TIME)
        transitions = spec.get("leaseTransitions", 0) + bool(spec)
        acquired = {"acquireTime": now, "leaseTransitions": transitions}
        renewed = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": DURATION,
            "renewTime": now,
        }
        return spec | renewed | ({} if is_holder else acquired)

    def release(self) -> None:
        """Release the Lease, so that the next operator does not wait until it expires."""
        lease = self._read()
        if lease and lease["spec"].get("holderIdentity") == self.holder:
            self._write(
                lease, lease["spec"] | {"holderIdentity": "", "renewTime": format_now(MICRO_TIME)}
            )
        self._held = Object()

    def current(self) -> str:
        """Return the current holder, or an empty string."""
        lease = self._read()
        return str(lease["spec"].get("holderIdentity") or "") if lease else ""

    def _free(self, spec: Object) -> bool:
        """Return whether the Lease is free: it expires if unchanged for its duration."""
        now = self._clock()
        holder, renewed = spec.get("holderIdentity") or "", spec.get("renewTime", "")
        if (holder, renewed) != self._observed[:2]:
            duration = spec.get("leaseDurationSeconds") or DURATION
            self._observed = Holding(holder, renewed, duration, now)
        return not holder or now - self._observed.since > self._observed.duration

    def _read(self) -> Object | None:
        try:
            found: Any = self._objects.get_namespaced_custom_object(
                **self._resource, name=self._name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return dict(found)

    def _write(self, lease: Object | None, spec: Object) -> None:
        """Create or replace the Lease; raises ApiException 409 if it has changed meanwhile."""
        self._held = Object()  # unknown until the answer arrives
        objects = self._objects
        timeout: Any = {"_request_timeout": TIMEOUT}
        stored: Any
        if lease:
            body = {**lease, "spec": spec}  # resourceVersion makes it a compare-and-swap
            stored = objects.replace_namespaced_custom_object(
                **self._resource, name=self._name, body=body, **timeout
            )
        else:
            type_meta = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
            body = {**type_meta, "metadata": {"name": self._name}, "spec": spec}
            stored = objects.create_namespaced_custom_object(**self._resource, body=body, **timeout)
        self._held = Object(stored)


def _without_retries(client: ApiClient | None) -> ApiClient:
    """Return a client that sends each request once: urllib3 repeats a PUT without an answer."""
    configuration = client.configuration if client else Configuration.get_default_copy()
    configuration = copy.copy(configuration)
    configuration.retries = False
    return ApiClient(configuration)
