"""Artifacts: the files packaged with the operator: functions, Glue script, CRD, runbooks."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest timestamp that a zip supports

_INSTALLED = Path(__file__).parents[1] / "packaged"
_CHECKOUT = Path(__file__).parents[3]


def path(relative: str) -> Path:
    """Return the path of *relative*, such as `glue/convert.py`, in a wheel or a checkout."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / relative


@functools.cache
def function_code(name: str) -> bytes:
    """Return the zip of the function `lambdas/<name>` and the modules that all functions share."""
    lambdas = path("lambdas")
    files = [*(lambdas / name).glob("*.py"), *lambdas.glob("*.py")]
    return _zipped({file.name: file for file in files})


@functools.cache
def script() -> bytes:
    """Return the packaged Glue script."""
    return path("glue/convert.py").read_bytes()


@functools.cache
def script_modules() -> bytes:
    """Return the zip of the package that the Glue script imports."""
    files = path("glue/dataflow").glob("*.py")
    return _zipped({f"dataflow/{file.name}": file for file in files})


def _zipped(files: Mapping[str, Path]) -> bytes:
    """Return a reproducible zip: the same files give the same bytes and therefore the same hash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16  # readable by any user
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
