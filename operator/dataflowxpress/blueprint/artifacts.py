"""Artifacts: the files packaged with the operator: functions, Glue script, CRD, runbooks."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest timestamp that a zip supports
SETTINGS = "settings.json"  # `lambdas/settings.py` reads it

_INSTALLED = Path(__file__).parents[1] / "packaged"
_CHECKOUT = Path(__file__).parents[3]


def path(relative: str) -> Path:
    """Return the path of *relative*, such as `glue/convert.py`, in a wheel or a checkout."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / relative


def function_code(name: str, settings: Mapping[str, str]) -> bytes:
    """Return the zip of the function `lambdas/<name>`, the modules that all share, and *settings*.

    Settings are no environment variables, because those need a KMS grant for the role: see ADR 60.
    """
    packed = json.dumps(settings, indent=1, sort_keys=True).encode()
    return _zipped({SETTINGS: packed}, to=_function_files(name))


@functools.cache
def _function_files(name: str) -> bytes:
    """Return the zip of what all pipelines share: to compress it is most of the work."""
    lambdas = path("lambdas")
    files = [*(lambdas / name).glob("*.py"), *lambdas.glob("*.py")]
    return _zipped({file.name: file.read_bytes() for file in files})


@functools.cache
def script() -> bytes:
    """Return the packaged Glue script."""
    return path("glue/convert.py").read_bytes()


@functools.cache
def script_modules() -> bytes:
    """Return the zip of the package that the Glue script imports."""
    glue = path("glue")
    files = (glue / "dataflow").rglob("*.py")
    return _zipped({file.relative_to(glue).as_posix(): file.read_bytes() for file in files})


def _zipped(files: Mapping[str, bytes], *, to: bytes = b"") -> bytes:
    """Return a reproducible zip: the same files give the same bytes and therefore the same hash.

    The files are added to those of the zip *to*.
    """
    buffer = io.BytesIO(to)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16  # readable by any user
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
