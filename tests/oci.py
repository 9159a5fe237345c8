"""OCI registry: one on this machine, for charts that are pushed and installed."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.tool import tool


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Serve a registry, and give its address; the log is in *folder*."""
    log = folder / "registry.log"
    command = [str(tool("registry")), "registry", "serve", "--address", "127.0.0.1:0"]
    with log.open("w") as output, subprocess.Popen(command, stderr=output) as process:
        try:
            yield f"localhost:{_port(log, process)}"
        finally:
            process.terminate()


def _port(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 30
    while not (found := re.search(r"port (\d+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "no port within 30 s"
        time.sleep(0.05)
    return found[1]
