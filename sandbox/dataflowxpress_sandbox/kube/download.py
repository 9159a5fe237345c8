"""Download: a file over HTTP, with a short limit for the connection."""

from __future__ import annotations

import http.client
import socket
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dataflowxpress_sandbox.parallel import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

_CONNECT_SECONDS = 3.0
_STALL_SECONDS = 10.0
_BYTES = 1 << 18
_MEGABYTE = 1_000_000
_PORTS = {"http": 80, "https": 443}


class Unavailable(Exception):
    """A download has failed; the message is the reason."""


def save(url: str, target: Path, show: Callable[[str], object], cancelled: Event) -> None:
    """Save an http(s) URL to a file, through the proxy that the environment names.

    Raises Unavailable if the server does not answer within 3 seconds, refuses, sends nothing
    for 10 seconds or ends too early; `Cancelled` when that event is set. Part of the file may
    remain then.
    """
    try:
        _reach(url)
        with urllib.request.build_opener().open(url, timeout=_STALL_SECONDS) as response:
            size = int(response.headers.get("Content-Length", 0))
            done = _copy(response, target, size, show, cancelled)
    except urllib.error.HTTPError as refused:
        refused.close()
        raise Unavailable(f"{url} answers {refused.code} {refused.reason}") from refused
    except (OSError, http.client.HTTPException) as failed:
        raise Unavailable(f"{url}: {getattr(failed, 'reason', failed)}") from failed
    if done < size:
        raise Unavailable(f"{url} broke off after {done} of {size} bytes")


def _copy(
    response: http.client.HTTPResponse,
    target: Path,
    size: int,
    show: Callable[[str], object],
    cancelled: Event,
) -> int:
    done = 0
    with target.open("wb") as file:
        while block := response.read(_BYTES):
            if cancelled.is_set():
                raise Cancelled
            done += file.write(block)
            show(f"{done // _MEGABYTE} of {size // _MEGABYTE} MB")
    return done


def _reach(url: str) -> None:
    """Connect once to the server, or to its proxy: one limit for its name and the connection.

    Without a network, a resolver can wait for its servers much longer than that.
    """
    address, failures = _first_hop(url), list[OSError]()

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=_CONNECT_SECONDS).close()
        except OSError as failed:
            failures.append(failed)

    thread = threading.Thread(target=connect, name="reach", daemon=True)
    thread.start()
    thread.join(_CONNECT_SECONDS)
    if thread.is_alive():
        raise Unavailable(f"{address[0]} does not answer within {_CONNECT_SECONDS:g} seconds")
    if failures:
        raise Unavailable(f"{address[0]} cannot be reached: {failures[0]}")


def _first_hop(url: str) -> tuple[str, int]:
    target = urlsplit(url)
    proxy = urllib.request.getproxies().get(target.scheme)
    if proxy and not urllib.request.proxy_bypass(target.netloc):
        target = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return target.hostname or "", target.port or _PORTS.get(target.scheme, 80)
