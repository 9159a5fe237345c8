"""TLS: the certificate of a Secret, read again when its file changes."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any


def context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return the context of a server, or None without files.

    Kubernetes replaces the files of a Secret when a certificate is renewed. Each handshake compares
    the time of the file, and a new file serves that handshake and all later ones.
    """
    if not certificate or not key:
        return None
    files, read = (certificate, key), certificate.stat().st_mtime_ns
    current = _load(files)

    def renew(connection: Any, _host: str | None, _initial: ssl.SSLContext) -> None:
        nonlocal current, read
        if (changed := certificate.stat().st_mtime_ns) != read:
            current, read = _load(files), changed
        connection.context = current

    current.sni_callback = renew
    return current


def _load(files: tuple[Path, Path]) -> ssl.SSLContext:
    loaded = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    loaded.load_cert_chain(*files)
    return loaded
