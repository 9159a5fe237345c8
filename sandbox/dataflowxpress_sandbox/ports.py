"""Ports: find free ports for servers.

The ports are below the ephemeral range (from 32768 on Linux, 49152 elsewhere). Outgoing connections
therefore cannot occupy a port before its server listens on it.
"""

from __future__ import annotations

import atexit
import random
import socket

from dataflowxpress_sandbox.probe import HOST

FIRST, LAST, TRIES = 20_000, 32_000, 100


_reservations: dict[int, socket.socket] = {}  # UDP: the server's TCP port stays free


@atexit.register
def _release() -> None:
    for reservation in _reservations.values():
        reservation.close()


def free_port(preferred: int = 0) -> int:
    """Return a free port, *preferred* if it is free; raises OSError if none is free.

    Until this process ends, no other call and no other process gets the port. So it stays free
    while its server starts.
    """
    if preferred and _is_free(preferred):
        return preferred
    chance = random.SystemRandom()  # tests seed the default generator and would collide
    for port in (chance.randrange(FIRST, LAST) for _ in range(TRIES)):
        if _reserve(port) and _is_free(port):
            return port
    raise OSError(f"no free port found in {TRIES} attempts between {FIRST} and {LAST}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    if port in _reservations:
        return False
    reservation = socket.socket(type=socket.SOCK_DGRAM)
    try:
        reservation.bind((HOST, port))
    except OSError:
        reservation.close()
        return False
    _reservations[port] = reservation
    return True
