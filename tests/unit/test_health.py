"""Health: how often checks are made, and what is said of them."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from dataflowxpress.manager import health
from dataflowxpress.manager.health import Cached
from dataflowxpress.manager.probes import Address, report, serve
from tests.unit.conftest import Clock


@pytest.fixture
def answers() -> Iterator[str]:
    return iter(["", "broken", ""])


def test_an_answer_is_good_for_a_while(clock: Clock, answers: Iterator[str]) -> None:
    check = Cached(lambda: next(answers), 10, clock)
    assert [check(), check()] == ["", ""]
    clock.now = 10
    assert [check(), check()] == ["broken", "broken"]


def test_a_check_that_hangs_blocks_no_other_caller(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT", 0.01)
    asked, over = threading.Event(), threading.Event()

    def hangs() -> str:
        asked.set()
        over.wait()
        return ""

    check = Cached(hangs, 10, clock)
    first = threading.Thread(target=check)
    first.start()
    asked.wait()
    assert check().startswith("no response within")
    over.set()
    first.join()
    assert check() == ""


def test_one_failed_check_fails_the_probe_and_all_are_listed() -> None:
    checks = {"lease": lambda: "", "kind": lambda: "missing", "credentials": lambda: "rejected"}
    assert report(checks) == (False, "[+]lease\n[-]kind: missing\n[-]credentials: rejected\n")
    assert report({"lease": lambda: ""}) == (True, "[+]lease\n")


def test_who_asks_and_does_not_wait_leaves_no_trace_in_the_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    asked, gone = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        gone.wait()
        return "x" * 1_000_000  # more than a socket buffers for a closed connection

    server = serve(Address("127.0.0.1", 0), {"/healthz": {"slow": slow}})
    with socket.create_connection(("127.0.0.1", server.server_port)) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        asking.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        asked.wait()
        [answering] = [t for t in threading.enumerate() if "process_request" in t.name]
    gone.set()
    answering.join()
    server.shutdown()
    server.server_close()
    assert capfd.readouterr().err == ""
