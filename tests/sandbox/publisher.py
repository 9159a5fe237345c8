"""Publisher: a server on the loopback with archives of binaries, whole or not."""

from __future__ import annotations

import http.server
import io
import tarfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
BINARIES = {
    "etcd": b"#!/bin/sh\necho etcd\n",
    "kube-apiserver": b"#!/bin/sh\necho Kubernetes v1.2.3\n",
}


def path_of(version: str, platform: str) -> str:
    """Return the path of an archive, as Kubernetes' own publisher has it."""
    return f"/envtest-{version}/envtest-{version}-{platform}.tar.gz"


def archive_of(files: dict[str, bytes], folder: str = "controller-tools/envtest/") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Publisher(http.server.ThreadingHTTPServer):
    """Serves `files` by path; half of each if `broken_off`, or until `resumes` is set."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Handler)
        self.files: dict[str, bytes] = {}
        self.broken_off = False
        self.resumes = threading.Event()
        self.resumes.set()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        middle = len(content) // 2
        self.wfile.write(content[:middle])
        self.server.resumes.wait()
        if not self.server.broken_off:
            self.wfile.write(content[middle:])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Publisher]:
    """Run a publisher during the block."""
    with Publisher() as publisher:
        thread = threading.Thread(target=publisher.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield publisher
        publisher.resumes.set()
        publisher.shutdown()
        thread.join()
