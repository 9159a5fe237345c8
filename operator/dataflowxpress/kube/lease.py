"""Lease: leader election through a Lease of coordination.k8s.io."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

from kubernetes.client import ApiClient, ApiException, CustomObjectsApi

from dataflowxpress.api.timestamps import MICRO_TIME, format_now

DURATION = 15  # seconds until a Lease expires without renewal
TIMEOUT = (2, 3)  # seconds to connect, and to receive a response
KIND: dict[str, Any] = {"group": "coordination.k8s.io", "version": "v1", "plural": "leases"}


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
        self._objects, self._clock = CustomObjectsApi(client), clock
        self._observed = Holding("", "", 0, 0)

    def hold(self) -> bool:
        """Acquire or renew the Lease; returns False while another operator holds it.

        Raises the client's errors if the API server rejects the call or is unreachable.
        """
        lease = self._read()
        spec: dict[str, Any] = lease["spec"] if lease else {}
        is_holder = spec.get("holderIdentity") == self.holder
        if not is_holder and not self._free(spec):
            return False
        now = format_now(MICRO_TIME)
        transitions = spec.get("leaseTransitions", 0) + bool(lease)
        acquired = {"acquireTime": now, "leaseTransitions": transitions}
        renewed = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": DURATION,
            "renewTime": now,
        }
        return self._write(lease, spec | renewed | ({} if is_holder else acquired))

    def release(self) -> None:
        """Release the Lease, so that the next operator does not wait until it expires."""
        lease = self._read()
        if lease and lease["spec"].get("holderIdentity") == self.holder:
            self._write(
                lease, lease["spec"] | {"holderIdentity": "", "renewTime": format_now(MICRO_TIME)}
            )

    def current(self) -> str:
        """Return the current holder, or an empty string."""
        lease = self._read()
        return str(lease["spec"].get("holderIdentity") or "") if lease else ""

    def _free(self, spec: dict[str, Any]) -> bool:
        """Return whether the Lease is free: it expires if unchanged for its duration."""
        now = self._clock()
        holder, renewed = spec.get("holderIdentity") or "", spec.get("renewTime", "")
        if (holder, renewed) != self._observed[:2]:
            duration = spec.get("leaseDurationSeconds") or DURATION
            self._observed = Holding(holder, renewed, duration, now)
        return not holder or now - self._observed.since > self._observed.duration

    def _read(self) -> dict[str, Any] | None:
        try:
            found: Any = self._objects.get_namespaced_custom_object(
                **self._resource, name=self._name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return dict(found)

    def _write(self, lease: dict[str, Any] | None, spec: dict[str, Any]) -> bool:
        """Create or replace the Lease; returns False if another operator was faster."""
        objects = self._objects
        timeout: Any = {"_request_timeout": TIMEOUT}
        try:
            if lease:
                body = {**lease, "spec": spec}  # resourceVersion makes it a compare-and-swap
                objects.replace_namespaced_custom_object(
                    **self._resource, name=self._name, body=body, **timeout
                )
            else:
                type_meta = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
                body = {**type_meta, "metadata": {"name": self._name}, "spec": spec}
                objects.create_namespaced_custom_object(**self._resource, body=body, **timeout)
        except ApiException as error:
            if error.status == HTTPStatus.CONFLICT:
                return False
            raise
        return True
