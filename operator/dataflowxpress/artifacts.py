"""Artifacts: the files that travel with the package: Lambdas, the Glue script, CRD, examples."""

from __future__ import annotations

import functools
import io
import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold

_INSTALLED = Path(__file__).parent / "packaged"
_CHECKOUT = Path(__file__).parents[2]


def path(relative: str) -> Path:
    """Return where *relative*, for example `glue/convert.py`, is in a wheel or in a checkout."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / relative


@functools.cache
def function_code(name: str) -> bytes:
    """Return the zip of the function `lambdas/<name>`, with what all functions share.

    The same files give the same bytes, and so the same hash, on every machine.
    """
    lambdas = path("lambdas")
    files = sorted([*(lambdas / name).glob("*.py"), *lambdas.glob("*.py")], key=lambda f: f.name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, EPOCH)
            entry.external_attr = 0o644 << 16  # readable by the function's user
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@functools.cache
def script() -> bytes:
    """Return the packaged Glue script."""
    return path("glue/convert.py").read_bytes()
