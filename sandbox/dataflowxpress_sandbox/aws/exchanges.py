"""Exchanges: a record of all signed requests and their responses, if a variable asks for one.

`DATAFLOWXPRESS_RECORD_AWS_CALLS` names a directory. Each server appends to a file of its own there,
one JSON object a line, with bytes as Latin-1. An empty line repeats an earlier exchange.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Asgi = Callable[[Any, Any, Any], Awaitable[None]]

VARIABLE = "DATAFLOWXPRESS_RECORD_AWS_CALLS"
_LONGEST = 1_000_000  # bytes of a body; the data of longer ones is not recorded


def recording(aws: Asgi) -> Asgi:
    """Return *aws*, with a record of its exchanges if the environment asks for one."""
    directory = os.environ.get(VARIABLE)
    return Recorder(aws, Path(directory)) if directory else aws


class Recorder:
    """An ASGI application in front of AWS that records what passes."""

    def __init__(self, aws: Asgi, directory: Path) -> None:
        self._aws = aws
        self._file = (directory / f"{os.getpid()}.jsonl").open("ab", buffering=0)
        self._seen: set[int] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request."""
        if scope["type"] != "http" or not _signed(scope):
            await self._aws(scope, receive, send)
            return
        request, response, start = _Body(), _Body(), {}

        async def received() -> Any:
            message = await receive()
            request.add(message.get("body", b""))
            request.broken |= message["type"] == "http.disconnect" and not request.ended
            request.ended |= message["type"] == "http.request" and not message.get("more_body")
            return message

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            response.add(message.get("body", b""))
            await send(message)

        try:
            await self._aws(scope, received, sent)
        finally:
            if not request.broken:  # else the client has died before it sent all of it
                self._record(scope, request.content, start, response.content)

    def _record(
        self, scope: Any, request: str | None, start: dict[str, Any], response: str | None
    ) -> None:
        headers = _headers(scope["headers"])
        target = headers.get("x-amz-target", "")
        said = (scope["method"], scope["raw_path"], scope["query_string"], target, request)
        seen = hash((*said, start.get("status"), response))
        if seen in self._seen:
            self._file.write(b"\n")
            return
        self._seen.add(seen)
        exchange = {
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "headers": headers,
            "body": request,
            "status": start.get("status"),
            "response_headers": _headers(start.get("headers", ())),
            "response": response,
        }
        self._file.write(json.dumps(exchange).encode() + b"\n")


class _Body:
    """The bytes of a body, until they are too many."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0
        self.ended = self.broken = False

    def add(self, part: bytes) -> None:
        self._length += len(part)
        if self._length <= _LONGEST:
            self._parts.append(part)

    @property
    def content(self) -> str | None:
        if self._length > _LONGEST:
            return None
        return b"".join(self._parts).decode("latin-1")


def _signed(scope: Any) -> bool:
    return b"X-Amz-Credential" in scope["query_string"] or any(
        name.lower() == b"authorization" and b"Credential=" in value
        for name, value in scope["headers"]
    )


def _headers(pairs: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}
