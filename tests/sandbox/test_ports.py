"""Ports: what is chosen for a server stays free until it listens."""

import socket
import subprocess
import sys

import pytest

from dataflowxpress_sandbox import ports
from dataflowxpress_sandbox.ports import free_port
from dataflowxpress_sandbox.probe import HOST


def test_no_connection_is_given_the_port_of_a_server_that_has_yet_to_start() -> None:
    with socket.create_server((HOST, 0)) as listening:
        for _ in range(20):
            with socket.create_connection(listening.getsockname()) as connection:
                assert free_port() < connection.getsockname()[1]


def test_a_server_keeps_its_port_unless_somebody_else_has_taken_it() -> None:
    port = free_port()
    assert free_port(port) == port
    with socket.create_server((HOST, port)):
        assert free_port(port) != port


def test_no_port_is_given_twice_before_its_server_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "LAST", ports.FIRST + 200)
    monkeypatch.setattr(ports, "TRIES", 10_000)
    code = "from dataflowxpress_sandbox import ports; ports.LAST = ports.FIRST + 200;"
    code += "ports.TRIES = 10_000; print(*(ports.free_port() for _ in range(20)))"
    mine = [free_port() for _ in range(20)]
    others = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert len({*mine, *map(int, others.split())}) == 40
