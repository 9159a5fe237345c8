"""Clock: the time of the emulated AWS, which a test can advance by hours and days.

`POST /_dataflowxpress/clock` with the seconds as its body advances it. Only what AWS forgets after
days follows this clock; all other parts follow the time of the machine.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Asgi = Callable[[Any, Any, Any], Awaitable[None]]

PATH = "/_dataflowxpress/clock"


class Clock:
    """The time in seconds since the epoch."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now, self._offset = now, 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self._now() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._offset += seconds

    def page(self, aws: Asgi) -> Asgi:
        """Return an application that advances the clock and passes all other requests to *aws*."""

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or scope["path"] != PATH:
                await aws(scope, receive, send)
                return
            self.advance(float((await receive())["body"]))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        return answer
