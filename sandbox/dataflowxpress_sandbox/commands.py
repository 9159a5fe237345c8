"""Commands: what the sandbox adds to `dataflowxpress`, through its entry points."""

from __future__ import annotations

from .cli import app as sandbox
from .demo.command import demo
from .faults_cli import app as faults

sandbox.add_typer(faults, name="faults")

__all__ = ["demo", "sandbox"]
