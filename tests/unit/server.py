"""A server on the loopback that sends given answers and records requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import NamedTuple

import pytest

WHO = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/me</Arn>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Server(NamedTuple):
    """What it says next (status and body; then 200), and what came, as paths and bodies."""

    port: int
    answers: list[tuple[int, str]]
    came: list[tuple[str, bytes]]


@pytest.fixture
def server() -> Iterator[Server]:
    answers: list[tuple[int, str]] = []
    came: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            status, body = answers.pop(0) if answers else (200, "")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Server(running.server_port, answers, came)
        running.shutdown()
        thread.join()
