"""Ledger: the permissions that were used, with the policy statements, and those refused."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Asgi = Callable[[Any, Any, Any], Awaitable[None]]

PATH = "/_dataflowxpress/permissions"


class Ledger:
    """Counts of permissions since the start of this process."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, ...]] = Counter()
        self._refused: Counter[tuple[str, ...]] = Counter()
        self._lock = threading.Lock()

    def allow(self, context: Any, policies: Iterable[Iterable[Any]]) -> None:
        """Count an action for each statement that allows it."""
        for statement in (each for some in policies for each in some):
            if iam_evaluator._first_match(context, [statement], "Allow"):
                by, on = (
                    without_session(context.principal_arn),
                    json.dumps(sorted(statement.resources)),
                )
                with self._lock:
                    self._used[by, context.action, statement.sid, on] += 1

    def refuse(self, principal: str, action: str, resource: str) -> None:
        """Count an action that was refused."""
        with self._lock:
            self._refused[without_session(principal), action, resource] += 1

    def shown(self) -> dict[str, Any]:
        """Return all counts, in JSON types."""
        with self._lock:
            used, refused = self._used.most_common(), self._refused.most_common()
        return {
            "used": [
                {"by": by, "action": action, "sid": sid, "on": json.loads(on), "times": times}
                for (by, action, sid, on), times in used
            ],
            "refused": [
                {"by": by, "action": action, "on": on, "times": times}
                for (by, action, on), times in refused
            ],
        }

    def page(self, aws: Asgi) -> Asgi:
        """Return an application that serves the ledger and passes all other requests to *aws*."""

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or scope["path"] != PATH:
                await aws(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json")]
            body = json.dumps(self.shown()).encode()
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return answer


def without_session(principal: str) -> str:
    """Return a principal without its session name."""
    if ":assumed-role/" not in principal:
        return principal
    return principal.rpartition("/")[0]
