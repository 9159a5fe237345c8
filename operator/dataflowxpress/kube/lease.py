"""Lease: which one of several operators works, as coordination.k8s.io has it."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from kubernetes.client import ApiClient, ApiException, CustomObjectsApi

DURATION = 15  # seconds for which a Lease is good once it was renewed
TIMEOUT = (2, 3)  # seconds to connect and to be answered
KIND: dict[str, Any] = {"group": "coordination.k8s.io", "version": "v1", "plural": "leases"}


class Holding(NamedTuple):
    """A Lease as it was seen, and when by our own clock: those of others may be wrong."""

    holder: str
    renewed: str
    duration: float
    since: float


class Lease:
    """The Lease *name* in *namespace*; *holder* tells us from all other operators."""

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
        self._where, self._name = {**KIND, "namespace": namespace}, name
        self._objects, self._clock = CustomObjectsApi(client), clock
        self._seen = Holding("", "", 0, 0)

    def hold(self) -> bool:
        """Take or renew the Lease; False while another holds it.

        Raises what the client raises where the API server refuses or cannot be reached.
        """
        there = self._read()
        spec: dict[str, Any] = there["spec"] if there else {}
        ours = spec.get("holderIdentity") == self.holder
        if not ours and not self._free(spec):
            return False
        now = _now()
        changes = spec.get("leaseTransitions", 0)
        took = {"acquireTime": now, "leaseTransitions": changes + bool(there)}
        wanted = {"holderIdentity": self.holder, "leaseDurationSeconds": DURATION, "renewTime": now}
        return self._write(there, spec | wanted | ({} if ours else took))

    def release(self) -> None:
        """Let go of the Lease, so that the next operator need not wait until it expires."""
        there = self._read()
        if there and there["spec"].get("holderIdentity") == self.holder:
            self._write(there, there["spec"] | {"holderIdentity": "", "renewTime": _now()})

    def current(self) -> str:
        """Return who holds it, or nothing."""
        there = self._read()
        return str(there["spec"].get("holderIdentity") or "") if there else ""

    def _free(self, spec: dict[str, Any]) -> bool:
        """Say whether nobody holds it: it expires when *we* saw no change for its duration."""
        now = self._clock()
        holder, renewed = spec.get("holderIdentity") or "", spec.get("renewTime", "")
        if (holder, renewed) != self._seen[:2]:
            duration = spec.get("leaseDurationSeconds") or DURATION
            self._seen = Holding(holder, renewed, duration, now)
        return not holder or now - self._seen.since > self._seen.duration

    def _read(self) -> dict[str, Any] | None:
        try:
            found: Any = self._objects.get_namespaced_custom_object(
                **self._where, name=self._name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return dict(found)

    def _write(self, there: dict[str, Any] | None, spec: dict[str, Any]) -> bool:
        """Create or replace it; False where somebody else was faster."""
        objects = self._objects
        timeout: Any = {"_request_timeout": TIMEOUT}
        try:
            if there:
                body = {**there, "spec": spec}  # with its resourceVersion: compare and swap
                objects.replace_namespaced_custom_object(
                    **self._where, name=self._name, body=body, **timeout
                )
            else:
                about = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
                body = {**about, "metadata": {"name": self._name}, "spec": spec}
                objects.create_namespaced_custom_object(**self._where, body=body, **timeout)
        except ApiException as error:
            if error.status == HTTPStatus.CONFLICT:
                return False
            raise
        return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
