"""Static: the files of the page, from the package, with their headers."""

from __future__ import annotations

import hashlib
import mimetypes
from http import HTTPStatus
from importlib import resources
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from dataflowxpress.kube.client import UNANSWERED

from .streams import refusal

INDEX = "index.html"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class File(NamedTuple):
    """A file in memory."""

    content: bytes
    kind: str
    tag: str


def files() -> dict[str, File]:
    """Return all files of the page by name."""
    folder = resources.files(__package__).joinpath("assets")
    return {each.name: _file(each.name, each.read_bytes()) for each in folder.iterdir()}


def _file(name: str, content: bytes) -> File:
    kind, _ = mimetypes.guess_type(name)
    return File(content, kind or "application/octet-stream", hashlib.sha256(content).hexdigest())


class Static:
    """Serves the files; the browser asks each time whether its copy is current."""

    def __init__(self) -> None:
        self._files = files()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with a file; the root is the page itself."""
        found = self._files.get(request.match_info.get("name", INDEX))
        if found is None:
            raise web.HTTPNotFound
        headers = {"ETag": f'"{found.tag}"', "Cache-Control": "no-cache"}
        if any(each.value == found.tag for each in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        response = web.Response(
            body=found.content, content_type=found.kind, charset="utf-8", headers=headers
        )
        response.enable_compression()
        return response


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers to every response, also to errors."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.popall("Server", None)  # it names versions


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with 503 while the API server does not answer reviews."""
    try:
        return await handler(request)
    except UNANSWERED as error:
        text = f"The API server does not check the token: {getattr(error, 'reason', error)}."
        raise refusal(HTTPStatus.SERVICE_UNAVAILABLE, text) from error


def only_hosts(*allowed: str) -> Middleware:
    """Refuse requests for other hosts: a site whose name resolves to the loopback (rebinding)."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in allowed:
            raise web.HTTPMisdirectedRequest(text=f"This page is served at {allowed[0]}.")
        return await handler(request)

    return check
