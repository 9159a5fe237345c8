"""Library: the job's modules and Arrow, which the command line uses for samples only."""

from __future__ import annotations

import importlib.util
import sys

from dataflowxpress.blueprint import artifacts
from dataflowxpress.cli.failures import Failure


def load() -> None:
    """Make the job's modules importable; raises Failure without pyarrow."""
    if importlib.util.find_spec("pyarrow") is None:
        raise Failure(
            "`dataflowxpress columns` needs pyarrow to read samples",
            "pip install 'dataflowxpress[columns]'",
            why="it reads samples as the job does",
        )
    if (folder := str(artifacts.path("glue"))) not in sys.path:
        sys.path.insert(0, folder)
