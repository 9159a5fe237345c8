"""A client that sends slowly, or never, holds no server for long."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from dataflowxpress.manager import http_server
from dataflowxpress.manager.probes import Address, serve

REQUEST = b"GET /healthz HTTP/1.0\r\n\r\n"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server of probes with two threads."""
    monkeypatch.setattr(http_server, "THREADS", 2)
    server = serve(Address("127.0.0.1", 0), {"/healthz": {"fine": lambda: ""}})
    yield server.server_port
    server.shutdown()
    server.server_close()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def answer(asking: socket.socket) -> bytes:
    asking.sendall(REQUEST)
    return b"".join(iter(lambda: asking.recv(4096), b""))


def test_a_request_is_answered_after_clients_that_send_nothing(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "SILENCE", 0.2)
    silent = [connected(port) for _ in range(6)]
    with connected(port) as asking:
        assert b"200 OK" in answer(asking)
    assert [each.recv(1) for each in silent] == [b""] * 6  # the server has ended them
    for each in silent:
        each.close()


def test_a_client_that_sends_single_bytes_is_ended(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "LONGEST", 0.3)
    with connected(port) as asking:
        began, ended = time.monotonic(), threading.Event()

        def trickle() -> None:
            try:
                while not ended.wait(0.02):
                    asking.sendall(b"G")
            except OSError:
                return

        sending = threading.Thread(target=trickle)
        sending.start()
        try:
            received = asking.recv(1)
        except ConnectionError:
            received = b""
        finally:
            ended.set()
            sending.join()
    assert received == b""
    assert time.monotonic() - began < 5


def test_no_more_requests_than_threads_are_in_progress(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "SILENCE", 0.2)
    waiting = [connected(port) for _ in range(6)]
    at_once = 0
    for each in waiting:
        at_once = max(at_once, sum("process_request" in t.name for t in threading.enumerate()))
        each.recv(1)
        each.close()
    assert 0 < at_once <= 2
