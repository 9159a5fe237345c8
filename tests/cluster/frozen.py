"""Frozen: connections that stay open and carry nothing more, as behind a broken load balancer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from dataflowxpress_sandbox import private
from tests.e2e.conftest import User

Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def server(host: str, serve: Serve) -> Iterator[int]:
    """Give each connection to a port of *host* to *serve*, in a thread; all end with the block."""
    with ExitStack() as open_ones, socket.create_server((host, 0)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):  # it is closed
                while True:
                    connection = open_ones.enter_context(listening.accept()[0])
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()


class Proxy:
    """Passes TCP on to *host* and *port* until it freezes what is open; later ones pass again."""

    def __init__(self, host: str, port: int) -> None:
        self._target, self._open = (host, port), ExitStack()
        self._frozen = threading.Event()

    def freeze(self) -> None:
        """Let nothing pass any more through the connections that are open now."""
        self._frozen.set()
        self._frozen = threading.Event()

    @contextlib.contextmanager
    def serving(self, host: str = "") -> Iterator[int]:
        """Listen on *host*, or beside the target, for the length of a block; give the port."""
        with self._open, server(host or self._target[0], self._serve) as port:
            yield port

    def _serve(self, near: socket.socket) -> None:
        far = self._open.enter_context(socket.create_connection(self._target))
        back = threading.Thread(target=_pump, args=(far, near, self._frozen), daemon=True)
        back.start()
        _pump(near, far, self._frozen)


def _pump(source: socket.socket, sink: socket.socket, frozen: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if frozen.is_set():
                return  # neither passed on nor closed
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def before_the_api_server(user: User, folder: Path) -> Iterator[tuple[Proxy, Path]]:
    """Serve a proxy of the API server during a block; give it with a kubeconfig that uses it."""
    config = yaml.safe_load(user.sandbox.kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    target = urlsplit(cluster["server"])
    proxy = Proxy(str(target.hostname), int(target.port or 443))
    with proxy.serving() as port:
        cluster["server"] = f"https://{target.hostname}:{port}"
        through = folder / "kubeconfig"
        private.write(through, yaml.safe_dump(config))
        yield proxy, through
