"""HTTP server: answers requests in a bounded number of threads, each within a time limit."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

log = logging.getLogger(__name__)

THREADS = 16  # requests in progress; further connections wait in the backlog of the socket
SILENCE = 5.0  # seconds without a byte after which a connection ends
LONGEST = 30.0  # seconds after which a connection ends, also if single bytes arrive


class BoundedServer(ThreadingHTTPServer):
    """A server of which a client that sends slowly, or never, holds one thread for 30 seconds.

    With *tls*, it serves HTTPS; a thread of a request makes the handshake.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._free, self._tls = threading.Semaphore(THREADS), tls
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a free thread, and answer the request in it."""
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a request, and let the next one have the thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer a request, and end its connection after the time limits.

        The handshake is the first use of the connection, so that the limits include it.
        """
        request.settimeout(SILENCE)
        with self._encrypted(request) as connection:
            limit = threading.Timer(LONGEST, _end, [connection])
            limit.daemon = True
            limit.start()
            try:
                super().finish_request(connection, client_address)
            finally:
                limit.cancel()

    def _encrypted(self, request: socket.socket) -> socket.socket:
        if self._tls is None:
            return request
        return self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log a failed request; clients that end connections early are normal."""
        log.debug("request of %s failed: %r", client_address[0], sys.exception())


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended meanwhile
        connection.shutdown(socket.SHUT_RDWR)
