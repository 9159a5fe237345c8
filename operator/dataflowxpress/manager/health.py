"""Health: the checks behind the probes; each returns an error message or an empty string."""

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

Check = Callable[[], str]

CHECK_TIMEOUT = 5.0  # seconds to wait for a check in progress


class Cached:
    """A check whose last result stays valid for some seconds."""

    def __init__(
        self, check: Check, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._check, self._seconds, self._clock = check, seconds, clock
        self._lock, self._result, self._expires_at = threading.Lock(), "", 0.0

    def __call__(self) -> str:
        """Return the cached or a new result; limits the wait for a check in another thread."""
        if not self._lock.acquire(timeout=CHECK_TIMEOUT):
            return f"no response within {CHECK_TIMEOUT:.0f} s"
        try:
            if self._clock() >= self._expires_at:
                self._result = self._check()
                self._expires_at = self._clock() + self._seconds
            return self._result
        finally:
            self._lock.release()


def kind(cluster: Cluster, namespaces: Collection[str]) -> str:
    """Describe why DataPipelines cannot be listed, or return an empty string."""
    try:
        cluster.check_access(namespaces)
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return "the cluster has no DataPipelines: install the CustomResourceDefinition"
        return f"cannot list DataPipelines: {error.status} {error.reason}"
    except HTTPError as error:
        return f"the API server does not respond: {error}"
    return ""


def credentials() -> str:
    """Describe why AWS rejects the credentials, or return an empty string."""
    try:
        clients.fail_fast()("sts").get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        return describe(error)
    return ""


def lease_held(lease: Lease) -> str:
    """Describe why no operator holds the Lease, or return an empty string."""
    try:
        return "" if lease.current() else "no operator holds the Lease"
    except ApiException as error:
        return f"cannot read the Lease: {error.status} {error.reason}"
    except HTTPError as error:
        return f"the API server does not respond: {error}"
