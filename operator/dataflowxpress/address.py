"""Address: where the operator listens, as `HOST:PORT`."""

from __future__ import annotations

from typing import NamedTuple, Self


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HOST:PORT`, or `:PORT` for all interfaces; raises ValueError, which says so."""
        host, _, port = text.rpartition(":")
        if not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - the last TCP port
            raise ValueError(f"{text!r} is no address: give HOST:PORT, or :PORT for all interfaces")
        return cls(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 - Prometheus comes in from outside the pod
