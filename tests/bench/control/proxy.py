"""Proxy: counts the calls to AWS by operation, and adds latency to each."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

from dataflowxpress_sandbox.aws.operations import call_of

HOST = "127.0.0.1"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect"}
LARGEST = 64 * 1024 * 1024  # bytes of a request


@dataclass(frozen=True)
class Request:
    """One request, when the emulator received it, and the seconds in which it answered."""

    exchange: dict[str, Any]
    start: float
    seconds: float

    @property
    def operation(self) -> str:
        """The service and operation, as IAM writes them."""
        try:
            return call_of(self.exchange).name
        except LookupError as unknown:
            return str(unknown)


@dataclass
class Proxy:
    """A proxy in front of the emulator at *target*; *delay* is in seconds, before each request."""

    target: str
    port: int = 0
    delay: float = 0
    requests: list[Request] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """The URL of all services."""
        return f"http://{HOST}:{self.port}"

    def take(self) -> list[Request]:
        """Return the requests since the last call of this method."""
        taken, self.requests = self.requests, []
        return taken

    async def forward(self, session: ClientSession, request: web.Request) -> web.Response:
        """Pass on a request after the delay, and return the emulator's response."""
        body = await request.read()
        if self.delay:
            await asyncio.sleep(self.delay)
        start = time.perf_counter()
        headers = _end_to_end(request.headers)
        url = URL(f"{self.target}{request.raw_path}", encoded=True)
        async with session.request(
            request.method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            content = await answer.read()
        self._count(request, body, start)
        response = web.Response(status=answer.status, headers=_end_to_end(answer.headers))
        if request.method != "HEAD":
            response.body = content
        return response

    def _count(self, request: web.Request, body: bytes, start: float) -> None:
        path, _, query = request.raw_path.partition("?")
        exchange = {
            "method": request.method,
            "path": path,
            "query": query,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "body": body.decode("latin-1"),
        }
        self.requests.append(Request(exchange, start, time.perf_counter() - start))


def counted(requests: list[Request]) -> Counter[str]:
    """Count requests by operation."""
    return Counter(request.operation for request in requests)


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """Serve a proxy in a thread of its own during the block."""
    proxy, loop, ready = Proxy(target), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(proxy, ready, stop),))
    thread.start()
    while not ready.wait(1):
        if not thread.is_alive():  # it printed its error
            raise RuntimeError("the proxy did not start")
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _serve(proxy: Proxy, ready: threading.Event, stop: asyncio.Event) -> None:
    timeout = ClientTimeout(total=600)
    async with ClientSession(
        auto_decompress=False, connector=TCPConnector(limit=0), timeout=timeout
    ) as session:
        application = web.Application(client_max_size=LARGEST)

        async def forward(request: web.Request) -> web.Response:
            return await proxy.forward(session, request)

        application.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        proxy.port = runner.addresses[0][1]
        ready.set()
        await stop.wait()
        await runner.cleanup()


def _end_to_end(headers: Any) -> CIMultiDict[str]:
    """Return the headers that a proxy passes on."""
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP
    )
