"""Probes: serves health checks over HTTP, in the format of `/readyz?verbose`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple, Self

from .http_server import BoundedServer

Checks = Mapping[str, Callable[[], str]]


class Address(NamedTuple):
    """An address to listen on."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `HOST:PORT`, or `:PORT` for all addresses; raises ValueError with a fix."""
        host, _, port = text.rpartition(":")
        if not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - the last TCP port
            raise ValueError(
                f"{text!r} is not an address: use HOST:PORT, or :PORT for all addresses"
            )
        return cls(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 - Prometheus connects from outside the pod


def serve(address: Address, paths: Mapping[str, Checks]) -> BoundedServer:
    """Serve GET requests in the background; a path is healthy if all of its checks pass.

    Raises OSError if the address is not available.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path not in paths:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            healthy, text = report(paths[self.path])
            self.send_response(HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            """Log nothing: probes arrive every few seconds."""

    server = BoundedServer(address, Handler)
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
    return server


def report(checks: Checks) -> tuple[bool, str]:
    """Run all checks; return whether all pass, and one line for each."""
    results = {name: check() for name, check in checks.items()}
    lines = (f"[-]{name}: {error}" if error else f"[+]{name}" for name, error in results.items())
    return not any(results.values()), "".join(f"{line}\n" for line in lines)
