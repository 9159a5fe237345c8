"""Truststore: makes Java trust Python's certificate authorities, such as those of a company."""

from __future__ import annotations

import hashlib
import ssl
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PASSWORD = "changeit"  # noqa: S105  Java's default; a truststore contains no secrets
_TRUSTED_CERTIFICATE = 2


def write(path: Path) -> list[str]:
    """Write Python's trusted certificates in Java's JKS format; return the JVM options to use it.

    If Python loads certificates from a directory on demand, the list is empty: Java keeps its own.
    """
    certificates = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not certificates:
        return []
    body = struct.pack(">III", 0xFEEDFEED, 2, len(certificates))
    for number, certificate in enumerate(certificates):
        body += struct.pack(">I", _TRUSTED_CERTIFICATE) + _text(f"ca{number}")
        body += struct.pack(">Q", 0) + _text("X.509")
        body += struct.pack(">I", len(certificate)) + certificate
    salted = _PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + body  # fixed by the JKS format
    path.write_bytes(body + hashlib.sha1(salted, usedforsecurity=False).digest())
    return [
        f"-Djavax.net.ssl.trustStore={path}",
        "-Djavax.net.ssl.trustStoreType=JKS",
        f"-Djavax.net.ssl.trustStorePassword={_PASSWORD}",
    ]


def _text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()
