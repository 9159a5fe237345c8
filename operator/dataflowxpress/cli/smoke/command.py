"""Command: the options of `dataflowxpress smoke`; its work is imported when it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dataflowxpress.cli.failures import reported_errors


def smoke(
    region: Annotated[
        str, typer.Option(help="AWS region.", show_default="that of your AWS settings")
    ] = "",
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="First part of all names in AWS.")
    ] = "default",
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for each hop.")] = 900,
    directory: Annotated[
        Path, typer.Option("--dir", file_okay=False, exists=True, help="Folder for the report.")
    ] = Path(),
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Create resources that cost money.")] = (
        False
    ),
) -> None:
    """Test a whole pipeline in your AWS account, and delete it again.

    The command creates a pipeline with a random name, without a cluster. It uploads files and waits
    for each hop up to the mail. Then it compares, changes and damages the pipeline, corrects it,
    and deletes it with its data. Ctrl-C, SIGTERM and failures end with the deletion, too.

    It needs the permissions of `dataflowxpress iam policy`. A report without account number and
    secrets is left in a file.

    Examples:
    - `dataflowxpress smoke --region eu-west-1`
    - `dataflowxpress smoke --region eu-west-1 --yes`

    """
    from . import session

    with reported_errors():
        code = session.start(directory, namespace, region, timeout, yes=yes)
    raise typer.Exit(code)
