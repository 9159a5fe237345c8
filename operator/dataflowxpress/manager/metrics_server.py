"""Metrics server: serves the metrics to Prometheus, on request over HTTPS and to its users only."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from prometheus_client.exposition import choose_encoder

from dataflowxpress.kube import tls
from dataflowxpress.kube.client import UNANSWERED, connect
from dataflowxpress.kube.core import CoreApi
from dataflowxpress.kube.reviews import ACCESS_REVIEWS, TOKEN_REVIEWS, Reviews, subject
from dataflowxpress.telemetry.metrics import REGISTRY

from .http_server import BoundedServer
from .probes import Address

log = logging.getLogger(__name__)

PATH = "/metrics"
Check = Callable[[str], HTTPStatus]


def start(
    address: Address, certificate: tuple[Path | None, Path | None], *, authenticate: bool
) -> BoundedServer:
    """Serve the metrics in the background; raises OSError if the address is not available.

    *certificate* is a certificate and its key in PEM, or nothing. With *authenticate*, a request
    needs a token, and its user the permission to get `/metrics`.
    """
    check: Check = _everyone
    if authenticate:
        connect()
        check = ClusterReaders(Reviews(CoreApi())).check
    return serve(address, check, certificate)


def serve(
    address: Address, check: Check, certificate: tuple[Path | None, Path | None] = (None, None)
) -> BoundedServer:
    """Serve the metrics to requests whose token *check* answers with OK."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] != PATH:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            status = check(token.strip() if scheme.lower() == "bearer" else "")
            if status is not HTTPStatus.OK:
                self.send_error(status)
                return
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            body = encode(REGISTRY)
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            """Log nothing: Prometheus reads the metrics every few seconds."""

    server = BoundedServer(address, Handler, tls.context(*certificate))
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


class ClusterReaders:
    """Users of the cluster who can get `/metrics`, as RBAC grants it for `nonResourceURLs`."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews

    def check(self, token: str) -> HTTPStatus:
        """Return the status of the response to a request with *token*."""
        if not token:
            return HTTPStatus.UNAUTHORIZED
        try:
            return self._check(token)
        except UNANSWERED as error:
            log.warning("the API server does not review a reader of metrics: %s", error)
            return HTTPStatus.SERVICE_UNAVAILABLE

    def _check(self, token: str) -> HTTPStatus:
        found = self._reviews.ask(TOKEN_REVIEWS, {"token": token})
        if not found.get("authenticated"):
            return HTTPStatus.UNAUTHORIZED
        asked = {"nonResourceAttributes": {"path": PATH, "verb": "get"}}
        review = self._reviews.ask(ACCESS_REVIEWS, {**subject(found["user"]), **asked})
        return HTTPStatus.OK if review.get("allowed") else HTTPStatus.FORBIDDEN


def _everyone(_token: str) -> HTTPStatus:
    return HTTPStatus.OK
