"""Demo: the command that shows the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dataflowxpress_sandbox.cli import explained


def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the sandbox is.")] = Path(
        ".sandbox"
    ),
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave all of it running.")] = False,
) -> None:
    """Send real CSV files through a pipeline on the sandbox, and check every figure."""
    from rich.console import Console

    from .demo import Demo

    console = Console()
    shown = Demo(directory, console)
    with explained():
        try:
            good = shown.run(keep=keep)
        finally:
            if not keep:
                shown.sandbox.down()
    raise typer.Exit(code=not good)
