"""Commands: a reference of the command line, as typer writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from typer import Context
from typer._click.core import Command  # typer has its own copy of click
from typer.cli import get_docs_for_click
from typer.core import TyperGroup
from typer.main import get_command

from dataflowxpress.cli.app import app
from dataflowxpress.cli.lazy import LazyCommand

INTRODUCTION = (
    "Generated from the commands. `dataflowxpress COMMAND --help` shows the same. As a plugin,"
    " `kubectl dataflow COMMAND` runs each command with the namespace of your context."
)
_USAGE = re.compile(r"```console\n\$ (.*?)\n```", re.DOTALL)


def sections() -> Iterator[str]:
    """Yield a section for each command."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101 - the application has commands
    context = Context(group, info_name="dataflowxpress")
    for name in group.list_commands(context):
        if command := group.get_command(context, name):
            yield _section(name, _loaded(command), context)


def _loaded(command: Command) -> Command:
    return command.load() if isinstance(command, LazyCommand) else command


def _section(name: str, command: Command, context: Context) -> str:
    text = get_docs_for_click(
        obj=command, ctx=context, indent=1, name=name, call_prefix="dataflowxpress"
    )
    return _USAGE.sub(r"```text\n\1\n```", text).strip()
