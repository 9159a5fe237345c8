"""Ports: free ones for servers that start a moment later.

They are below those that systems give to connections (from 32768 on Linux, 49152 elsewhere): one
that is free now is not taken by anybody's connection before its server listens.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

from dataflowxpress_sandbox.probe import HOST

FIRST, LAST, TRIES = 20_000, 32_000, 100


def free_port(preferred: int = 0) -> int:
    """Return a port that nobody listens on, *preferred* if that is so; raises OSError."""
    for port in _candidates(preferred):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"of {TRIES} ports from {FIRST} to {LAST} none is free")


def _candidates(preferred: int) -> Iterator[int]:
    if preferred:
        yield preferred
    chance = random.SystemRandom()  # tests seed the usual one: each would choose the same
    yield from (chance.randrange(FIRST, LAST) for _ in range(TRIES))
