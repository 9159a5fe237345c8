"""Past: previous responses of reads, for the simulation of eventual consistency."""

from __future__ import annotations

import time
from typing import Any

Answer = tuple[int, dict[str, str], Any]

_DENIED = 403


class Past:
    """The last response to each read of each caller."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Any, ...], tuple[float, Answer]] = {}

    def remember(self, caller: str, request: Any, answer: Answer) -> None:
        """Store a response, unless it is an access denial or a stream."""
        if answer[0] != _DENIED and isinstance(answer[2], bytes):
            self._answers[_read(caller, request)] = (time.monotonic(), answer)

    def has(self, caller: str, request: Any, seconds: float) -> bool:
        """Return whether the same read has a response from the last `seconds`."""
        at, _ = self._answers.get(_read(caller, request), (-float("inf"), None))
        return time.monotonic() - at <= seconds

    def recall(self, caller: str, request: Any) -> Answer:
        """Return the stored response of the same read."""
        _, (status, headers, body) = self._answers[_read(caller, request)]
        return status, dict(headers), body

    def forget(self) -> None:
        """Remove all stored responses."""
        self._answers.clear()


def _read(caller: str, request: Any) -> tuple[Any, ...]:
    """Return the identity of a read; all sessions of a role are the same caller."""
    method, path, headers, body, query = request[:5]
    role = caller.rpartition("/")[0] if ":assumed-role/" in caller else caller
    parameters = tuple(sorted((name, tuple(values)) for name, values in query.items()))
    return role, method, path, headers.get("x-amz-target", ""), body, parameters
