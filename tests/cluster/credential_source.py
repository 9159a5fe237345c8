"""Credential source: the credentials of a container agent or an instance, from some time on."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from dataflowxpress_sandbox.probe import HOST

ROLE = "operator"


class CredentialSource:
    """A local server of credentials; until it answers, it refuses connections."""

    def __init__(self, credentials: dict[str, Any]) -> None:
        expires = credentials["Expiration"].isoformat().replace("+00:00", "Z")
        document = {
            "Code": "Success",
            "AccessKeyId": credentials["AccessKeyId"],
            "SecretAccessKey": credentials["SecretAccessKey"],
            "Token": credentials["SessionToken"],
            "Expiration": expires,
        }
        self._server = HTTPServer((HOST, 0), _handler(document), bind_and_activate=False)
        self._server.server_bind()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}"

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Answer for the length of a block."""
        self._server.server_activate()
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()

    def close(self) -> None:
        self._server.server_close()


def _handler(document: dict[str, Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self._say("token", ttl="21600")

        def do_GET(self) -> None:
            """Name the role to an instance that asks for it; give the credentials otherwise."""
            lists_roles = self.path.endswith("/security-credentials/")
            self._say(ROLE if lists_roles else json.dumps(document))

        def _say(self, text: str, ttl: str = "") -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            if ttl:
                self.send_header("x-aws-ec2-metadata-token-ttl-seconds", ttl)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            """Log nothing."""

    return Handler
