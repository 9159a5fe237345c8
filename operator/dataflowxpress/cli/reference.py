"""Reference: what may be written, and what the words mean that come back."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from dataflowxpress.api.reasons import Reason, table


def _complete(incomplete: str) -> list[str]:
    return [reason for reason in Reason if reason.lower().startswith(incomplete.lower())]


def crd() -> None:
    """Print the CustomResourceDefinition: `dataflowxpress crd | kubectl apply -f -`."""
    from dataflowxpress.api.crd import manifest

    typer.echo(manifest(), nl=False)


def explain(
    reason: Annotated[
        str,
        typer.Argument(help="As in a condition or an Event.", autocompletion=_complete),
    ] = "",
) -> None:
    """Say what a reason means and what to do; without one, print the table of all.

    Example: `dataflowxpress explain LastRunFailed`
    """
    if not reason:
        typer.echo(table(), nl=False)
        return
    found = next((each for each in Reason if each.lower() == reason.lower()), None)
    if found is None:
        near = ", ".join(_complete(reason[:1])) or ", ".join(Reason)
        raise typer.BadParameter(f"there is no reason {reason!r}. Do you mean one of {near}?")
    console = Console(highlight=False)
    console.print(f"[bold]{found}[/] (given by {found.where})", escape(found.meaning), sep="\n")
    console.print(f"[bold]Cure:[/] {escape(found.cure or 'none needed')}")
