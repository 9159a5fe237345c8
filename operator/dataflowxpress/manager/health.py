"""Health: what liveness and readiness ask, each answered by nothing or by what is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError
from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from dataflowxpress.aws import clients
from dataflowxpress.aws.errors import describe
from dataflowxpress.kube.client import Cluster
from dataflowxpress.kube.lease import Lease

from .watch_monitor import Watch

Check = Callable[[], str]

PATIENCE = 5.0  # seconds


class Recent:
    """A check that is not made again while its last answer is younger than some seconds."""

    def __init__(
        self, check: Check, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._check, self._seconds, self._clock = check, seconds, clock
        self._lock, self._answer, self._next = threading.Lock(), "", 0.0

    def __call__(self) -> str:
        """Return the last answer, or a new one; never wait long for somebody else's question."""
        if not self._lock.acquire(timeout=PATIENCE):
            return f"not answered within {PATIENCE:.0f} s"
        try:
            if self._clock() >= self._next:
                self._answer = self._check()
                self._next = self._clock() + self._seconds
            return self._answer
        finally:
            self._lock.release()


def kind(cluster: Cluster, namespaces: Collection[str]) -> str:
    """Say why DataPipelines cannot be listed, or nothing."""
    try:
        cluster.ask(namespaces)
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return "the cluster does not know DataPipelines: install the CustomResourceDefinition"
        return f"DataPipelines cannot be listed: {error.status} {error.reason}"
    except HTTPError as error:
        return f"the API server does not answer: {error}"
    return ""


def credentials() -> str:
    """Say why AWS does not know us, or nothing."""
    try:
        clients.fail_fast("sts").get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        return describe(error)
    return ""


def held(lease: Lease) -> str:
    """Say why nobody holds the Lease, or nothing."""
    try:
        return "" if lease.current() else "nobody holds it: no operator works"
    except ApiException as error:
        return f"it cannot be read: {error.status} {error.reason}"
    except HTTPError as error:
        return f"the API server does not answer: {error}"


def hearing(
    watch: Watch,
    cluster: Cluster,
    namespaces: Collection[str],
    selector: str,
    busy: Callable[[], Collection[str]],
) -> str:
    """Say what the watch has missed, or nothing; also when the API server cannot be asked."""
    try:
        there = cluster.versions(namespaces, selector)
    except (ApiException, HTTPError):
        return ""  # readiness says so; starting anew would not help
    return watch.compare(there, busy())
