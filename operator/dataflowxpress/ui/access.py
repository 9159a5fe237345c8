"""Access: who may see which pipelines."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable
from typing import Any, Protocol

from dataflowxpress.api.spec import GROUP, PLURAL
from dataflowxpress.kube import reviews
from dataflowxpress.kube.core import CoreApi
from dataflowxpress.kube.reviews import ACCESS_REVIEWS, TOKEN_REVIEWS, subject

AT_ONCE = 8  # reviews in progress, also if a client tries tokens at random


class Viewer(Protocol):
    """A person with a valid token."""

    async def may(self, verb: str, resource: str, namespace: str) -> bool:
        """Return whether the viewer has a permission; *resource* as `group/plural`."""


class Access(Protocol):
    """Authenticates viewers."""

    async def viewer(self, token: str) -> Viewer | None:
        """Return the viewer, or None for an invalid token."""


class OwnAccess:
    """One viewer: the user who started the command, and whose kubeconfig it uses.

    The token keeps out other users of the machine, and pages of other sites in the browser.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def viewer(self, token: str) -> Viewer | None:
        """Return the viewer, or None for another token."""
        return self if hmac.compare_digest(self._token, token.encode()) else None

    async def may(self, verb: str, resource: str, namespace: str) -> bool:  # noqa: ARG002
        """Return True: the API server has decided what the kubeconfig can list."""
        return True


class Reviews:
    """The API server's answers to reviews, for coroutines."""

    def __init__(self, core: CoreApi, clock: Callable[[], float] = time.monotonic) -> None:
        self._reviews = reviews.Reviews(core, clock)
        self._limit = asyncio.Semaphore(AT_ONCE)

    async def ask(self, path: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Return the status of a review; raises UNANSWERED without an answer."""
        if (known := self._reviews.known(path, spec)) is not None:
            return known
        async with self._limit:
            return await asyncio.to_thread(self._reviews.ask, path, spec)


class ClusterAccess:
    """Users of the cluster, by the API server's own authentication and authorization."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews

    async def viewer(self, token: str) -> Viewer | None:
        """Return the user of a token by a TokenReview."""
        if not token:
            return None
        status = await self._reviews.ask(TOKEN_REVIEWS, {"token": token})
        return ClusterViewer(self._reviews, status["user"]) if status.get("authenticated") else None


class ClusterViewer:
    """A user of the cluster."""

    def __init__(self, reviews: Reviews, user: dict[str, Any]) -> None:
        self._reviews = reviews
        self._subject = subject(user)

    async def may(self, verb: str, resource: str, namespace: str) -> bool:
        """Return whether the user may in all namespaces, or in this one."""
        return await self._may(verb, resource, "") or await self._may(verb, resource, namespace)

    async def _may(self, verb: str, resource: str, namespace: str) -> bool:
        group, _, plural = resource.rpartition("/")
        asked = {"verb": verb, "group": group, "resource": plural, "namespace": namespace}
        spec = {**self._subject, "resourceAttributes": asked}
        return bool((await self._reviews.ask(ACCESS_REVIEWS, spec)).get("allowed"))


OF_PIPELINES, OF_EVENTS = f"{GROUP}/{PLURAL}", "events"
