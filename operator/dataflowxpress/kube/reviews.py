"""Reviews: who a token belongs to, and what its user may do, as the API server decides."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

from .core import CoreApi

TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"  # noqa: S105 - a path
ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
VALID = 30.0  # seconds for which a review stays valid: the longest delay of a revocation
MOST = 1_000  # reviews in the cache


class Reviews:
    """The API server's answers to reviews, each valid for 30 seconds; safe for threads."""

    def __init__(self, core: CoreApi, clock: Callable[[], float] = time.monotonic) -> None:
        self._core, self._clock = core, clock
        self._known: dict[bytes, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def known(self, path: str, spec: dict[str, Any]) -> dict[str, Any] | None:
        """Return the status of a review that is still valid."""
        expires, status = self._known.get(_key(path, spec), (0.0, {}))
        return dict(status) if self._clock() < expires else None

    def ask(self, path: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Return the status of a review; raises UNANSWERED without an answer."""
        if (known := self.known(path, spec)) is not None:
            return known
        status = dict(self._core.create(path, {"spec": spec})["status"])
        self._keep(_key(path, spec), status)
        return status

    def _keep(self, key: bytes, status: dict[str, Any]) -> None:
        with self._lock:
            self._known.pop(key, None)
            while len(self._known) >= MOST:
                self._known.pop(next(iter(self._known)))  # the oldest
            self._known[key] = (self._clock() + VALID, status)


def subject(user: dict[str, Any]) -> dict[str, Any]:
    """Return the user of a TokenReview in the form of a SubjectAccessReview."""
    return {
        "user": user.get("username", ""),
        "uid": user.get("uid", ""),
        "groups": user.get("groups") or [],
        "extra": user.get("extra") or {},
    }


def _key(path: str, spec: dict[str, Any]) -> bytes:
    return hashlib.sha256(repr((path, spec)).encode()).digest()  # no token stays in memory
