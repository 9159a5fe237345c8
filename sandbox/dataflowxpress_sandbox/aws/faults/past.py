"""Past: what reads were answered before, for those that lag behind."""

from __future__ import annotations

import time
from typing import Any

Answer = tuple[int, dict[str, str], Any]

_DENIED = 403


class Past:
    """The last true answer to each read of each caller."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Any, ...], tuple[float, Answer]] = {}

    def remember(self, caller: str, request: Any, answer: Answer) -> None:
        """Keep an answer, unless it is a refusal or comes in pieces."""
        if answer[0] != _DENIED and isinstance(answer[2], bytes):
            self._answers[_read(caller, request)] = (time.monotonic(), answer)

    def has(self, caller: str, request: Any, seconds: float) -> bool:
        """Whether the same read was answered not longer ago."""
        at, _ = self._answers.get(_read(caller, request), (-float("inf"), None))
        return time.monotonic() - at <= seconds

    def recall(self, caller: str, request: Any) -> Answer:
        """Return the answer that the same read had."""
        _, (status, headers, body) = self._answers[_read(caller, request)]
        return status, dict(headers), body

    def forget(self) -> None:
        """Keep nothing."""
        self._answers.clear()


def _read(caller: str, request: Any) -> tuple[Any, ...]:
    """Return what makes two reads the same; a role stays itself from session to session."""
    method, path, headers, body, query = request[:5]
    role = caller.rpartition("/")[0] if ":assumed-role/" in caller else caller
    asked = tuple(sorted((name, tuple(values)) for name, values in query.items()))
    return role, method, path, headers.get("x-amz-target", ""), body, asked
