"""Status: the commands that show how a pipeline is, and its runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from . import status_view as view
from .failures import FAILED, Failure, reported_errors
from .plan import Output
from .target import Context, File, Name, Namespace, Target, target

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status

As = Annotated[Output, typer.Option("--output", "-o", help="For people or programs.")]


def status(
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    output: As = Output.text,
) -> None:
    """Show conditions, data, the tree of resources with their state, and the last runs.

    Exits with 1 where the pipeline is not Ready.

    Examples:
    - `dataflowxpress status orders -n data`
    - `dataflowxpress status -f pipeline.yaml -o json`

    """
    with reported_errors():
        chosen = target(name, file, namespace, context)
        said = _said(chosen)
    if output is Output.json:
        typer.echo(json.dumps(said.as_json(), indent=2))
    else:
        _show(f"{chosen.namespace}/{chosen.name}", said)
    raise typer.Exit(0 if said.holds("Ready") else FAILED)


def runs(
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    output: As = Output.text,
) -> None:
    """Show the last ten runs of the job, the newest first.

    Example: `dataflowxpress runs orders -n data`
    """
    with reported_errors():
        said = _said(target(name, file, namespace, context))
    if output is Output.json:
        typer.echo(json.dumps([run.model_dump(by_alias=True) for run in said.runs], indent=2))
    else:
        found = view.runs(said.runs) if said.runs else "There was no run yet."
        Console(highlight=False).print(found)


def _said(chosen: Target) -> Status:
    """Return what the cluster has; a manifest's resources are as recorded, its data as it is."""
    if chosen.live is not None:
        return chosen.status
    if not chosen.status.resources:
        raise Failure(
            f"nothing is recorded of {chosen.namespace}/{chosen.name}: it was not applied from a"
            " manifest. See what would be made with plan, or name it in its cluster."
        )
    report = chosen.reconciler().poll(chosen.namespace, chosen.name)
    return report.status if report else chosen.status


def _show(name: str, said: Status) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in view.conditions(said):
        console.print(line)
    console.print(view.data(said))
    console.print(view.tree(name, said))
    if said.runs:
        console.print(view.runs(said.runs))
