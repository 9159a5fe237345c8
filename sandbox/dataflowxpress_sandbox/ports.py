"""Ports: find free ports for servers.

The ports are below the ephemeral range (from 32768 on Linux, 49152 elsewhere). Outgoing connections
therefore cannot occupy a port before its server listens on it.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

from dataflowxpress_sandbox.probe import HOST

FIRST, LAST, TRIES = 20_000, 32_000, 100


def free_port(preferred: int = 0) -> int:
    """Return a free port, *preferred* if it is free; raises OSError if none is free."""
    for port in _candidates(preferred):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port found in {TRIES} attempts between {FIRST} and {LAST}")


def _candidates(preferred: int) -> Iterator[int]:
    if preferred:
        yield preferred
    chance = random.SystemRandom()  # tests seed the default generator and would collide
    yield from (chance.randrange(FIRST, LAST) for _ in range(TRIES))
