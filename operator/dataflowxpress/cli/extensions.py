"""Extensions: commands that other distributions bring, found by their entry points."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from .failures import Failure, reported_errors

GROUP = "dataflowxpress.commands"
SANDBOX = {
    "demo": "Send real CSV files through a pipeline on the sandbox, and check every figure.",
    "sandbox": "Kubernetes, AWS and the operator on this machine, without containers.",
}


def add(app: typer.Typer, *, panel: str) -> None:
    """Add the commands of installed extensions; each of the sandbox's says where it is missing."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    for name in sorted({*found, *SANDBOX}):
        command = found[name].load() if name in found else _missing
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        elif name in found:
            app.command(name, rich_help_panel=panel)(command)
        else:
            anything = {"ignore_unknown_options": True, "allow_extra_args": True}
            app.command(name, help=SANDBOX[name], rich_help_panel=panel, context_settings=anything)(
                command
            )


def _missing(context: typer.Context) -> None:
    with reported_errors():
        raise Failure(
            f"`dataflowxpress {context.info_name}` needs the sandbox:"
            " pip install 'dataflowxpress[sandbox]'"
        )
