#!/usr/bin/env python3
"""Launcher: starts the plugin with the packages beside it, for the Python that runs this file."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent  # krew links the command from another folder
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
COMPILED = HERE / "lib" / VERSION

if not COMPILED.is_dir():
    have = ", ".join(sorted(each.name for each in (HERE / "lib").glob("3.*")))
    sys.exit(
        f"kubectl dataflow: Python {VERSION} is not supported. "
        f"Put a python3 of one of these versions first on PATH: {have}"
    )

sys.path[:0] = [str(HERE / "lib" / "all"), str(COMPILED)]

from dataflowxpress.__main__ import main  # noqa: E402 - the path must be set before

main()
