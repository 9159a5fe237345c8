"""Probes: health over HTTP, in the words of the API server's own `/readyz?verbose`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self

Checks = Mapping[str, Callable[[], str]]


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HOST:PORT`, or `:PORT` for all interfaces; raises ValueError, which says so."""
        host, _, port = text.rpartition(":")
        if not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - the last TCP port
            raise ValueError(f"{text!r} is no address: give HOST:PORT, or :PORT for all interfaces")
        return cls(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 - Prometheus comes in from outside the pod


def serve(address: Address, paths: Mapping[str, Checks]) -> ThreadingHTTPServer:
    """Answer GETs in the background; each path is well when its checks are.

    Raises OSError where that address cannot be had.
    """

    class Handler(BaseHTTPRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # who asked has not waited for the answer
                super().handle()

        def do_GET(self) -> None:
            if self.path not in paths:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            well, text = report(paths[self.path])
            self.send_response(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            """Keep quiet: a probe comes every few seconds."""

    server = ThreadingHTTPServer(address, Handler)
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
    return server


def report(checks: Checks) -> tuple[bool, str]:
    """Make all checks; return whether all is well, and a line for each."""
    answers = {name: check() for name, check in checks.items()}
    lines = (f"[-]{name}: {said}" if said else f"[+]{name}" for name, said in answers.items())
    return not any(answers.values()), "".join(f"{line}\n" for line in lines)
