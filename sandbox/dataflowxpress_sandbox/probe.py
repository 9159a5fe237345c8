"""Probe: checks whether a local server responds."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"
_SECONDS = 2.0


def answers(port: int, path: str, *, tls: ssl.SSLContext | None = None, **headers: str) -> bool:
    """Return whether a GET returns status 200; uses HTTPS if `tls` is given."""
    connection = (
        http.client.HTTPSConnection(HOST, port, timeout=_SECONDS, context=tls)
        if tls
        else http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
    )
    with contextlib.closing(connection):
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
