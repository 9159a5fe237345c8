"""Control: the HTTP API of fault injection, on the port of AWS.

`GET /_dataflowxpress/faults` lists the faults, `POST` sets one, `DELETE` clears `/<number>` or all.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .active import Active
from .calls import Calls, client_port
from .client import PATH
from .fault import Fault
from .messages import Messages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Control:
    """An ASGI application in front of AWS that handles the requests about faults."""

    def __init__(self, aws: Asgi) -> None:
        self._aws = aws
        self._active = Active()

    def install(self) -> None:
        """Enable fault injection in this process."""
        Messages(self._active).install()
        Calls(self._active).install()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            if scope.get("client"):
                client_port.set(scope["client"][1])
            await self._aws(scope, receive, send)
            return
        status, answer = self._answer(
            scope["method"], scope["path"].removeprefix(PATH).strip("/"), await _body(receive)
        )
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(self, method: str, number: str, body: bytes) -> tuple[int, Any]:
        match method:
            case "GET":
                return 200, self._active.shown()
            case "POST":
                try:
                    return 201, {"number": self._active.set(Fault.model_validate_json(body))}
                except ValidationError as error:
                    return 400, {"error": str(error)}
            case "DELETE" if not number or number.isdecimal():
                known = self._active.clear(int(number) if number else None)
                return (200, {}) if known else (404, {"error": f"fault {number} does not exist"})
        return 405, {"error": f"{method} {PATH}/{number} is not supported"}


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
