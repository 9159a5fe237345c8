"""Server: the page in a process of its own, with one watch for all viewers."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.kube import tls
from dataflowxpress.kube.core import EVENTS, CoreApi
from dataflowxpress.kube.reflector import Object, Reflector, Store

from .access import Access
from .fleet import Fleet
from .samples import Read, Samples
from .static import Static, add_headers, answer_errors, only_hosts
from .streams import Streams

ABOUT_PIPELINES = f"involvedObject.kind={KIND}"
STOP = 0.1  # seconds for open streams to end


@dataclass(frozen=True)
class InLoop:
    """A store for the thread of a reflector: each call runs in the event loop of *store*."""

    store: Store
    loop: asyncio.AbstractEventLoop

    def replace(self, namespace: str, objects: list[Object]) -> None:
        """Replace all objects of a namespace."""
        self._call(self.store.replace, namespace, objects)

    def put(self, found: Object) -> None:
        """Add or update an object."""
        self._call(self.store.put, found)

    def remove(self, gone: Object) -> None:
        """Remove an object."""
        self._call(self.store.remove, gone)

    def report(self, namespace: str, problem: str) -> None:
        """Record why a namespace can be outdated."""
        self._call(self.store.report, namespace, problem)

    def _call(self, method: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(partial(method, *arguments))


@dataclass(frozen=True, kw_only=True)
class Server:
    """Serves the page at *host* and *port* until a signal arrives; port 0 means any free port.

    *on_loopback* refuses requests for other hosts. *tls* is a certificate and its key, or nothing.
    *rejects* reads the rejected rows of a pipeline, if the page offers them. *started* receives the
    port once it is open.
    """

    core: CoreApi
    access: Access
    host: str
    port: int
    namespaces: Sequence[str] = ()
    on_loopback: bool = False
    tls: tuple[Path | None, Path | None] = (None, None)
    rejects: Read | None = None
    started: Callable[[int], None] = lambda _: None

    def run(self) -> None:
        """Serve; raises OSError if the address is not available."""
        with socket.create_server((self.host, self.port), reuse_port=False) as listening:
            asyncio.run(self._serve(listening))

    async def _serve(self, listening: socket.socket) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        fleet = Fleet(self.namespaces)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        port = listening.getsockname()[1]
        runner = web.AppRunner(
            self._app(fleet, port),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=STOP,
        )
        await runner.setup()
        with self._watching(fleet, loop):
            await web.SockSite(runner, listening, ssl_context=tls.context(*self.tls)).start()
            self.started(port)
            await stopped.wait()
        await runner.cleanup()

    def _app(self, fleet: Fleet, port: int) -> web.Application:
        hosts = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
        checks: list[Middleware] = [only_hosts(*hosts)] if self.on_loopback else []
        app = web.Application(middlewares=[*checks, answer_errors])
        app.on_response_prepare.append(add_headers)
        streams = Streams(fleet, self.access, samples=self.rejects is not None)
        static = Static()
        if self.rejects:
            samples = Samples(self.rejects, streams)
            app.add_routes([web.get("/api/pipelines/{namespace}/{name}/rejects", samples.serve)])
        app.add_routes(
            [
                web.get("/healthz", partial(_health, lambda: "")),
                web.get("/readyz", partial(_health, lambda: fleet.pipelines.problem)),
                web.get("/api/pipelines", streams.pipelines),
                web.get("/api/pipelines/{namespace}/{name}", streams.pipeline),
                web.get("/", static.serve),
                web.get("/{name}", static.serve),
            ]
        )
        return app

    @contextlib.contextmanager
    def _watching(self, fleet: Fleet, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Keep the fleet current in threads of their own."""
        reflectors = [
            Reflector(self.core, path, InLoop(store, loop), namespace=namespace, fields=fields)
            for namespace in self.namespaces or [""]
            for path, store, fields in (
                (_pipelines_in(namespace), fleet.pipelines, ""),
                (_events_in(namespace), fleet.events, ABOUT_PIPELINES),
            )
        ]
        for each in reflectors:
            threading.Thread(target=each.run, name="reflector", daemon=True).start()
        try:
            yield
        finally:
            for each in reflectors:
                each.stop()


def _pipelines_in(namespace: str) -> str:
    scope = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/{GROUP}/{VERSION}/{scope}{PLURAL}"


def _events_in(namespace: str) -> str:
    return EVENTS.format(namespace=namespace) if namespace else "/api/v1/events"


async def _health(problem: Callable[[], str], _request: web.Request) -> web.Response:
    text = problem()
    status = HTTPStatus.SERVICE_UNAVAILABLE if text else HTTPStatus.OK
    return web.Response(text=f"{text or 'ok'}\n", status=status)
