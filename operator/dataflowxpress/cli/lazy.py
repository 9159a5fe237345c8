"""Lazy: commands that `--help` and completion list without an import of their modules."""

from __future__ import annotations

import pkgutil

import typer
from typer._click.core import Command, Context  # typer has its own copy of click
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class LazyCommand(TyperCommand):
    """A command as `--help` lists it; *target* names its function or Typer as `module:name`."""

    def __init__(self, name: str, target: str, summary: str, panel: str) -> None:
        super().__init__(name, help=summary, rich_help_panel=panel)
        self._name, self._target = name, target

    def load(self) -> Command:
        """Import the command, and return it with its options."""
        found = pkgutil.resolve_name(self._target)
        app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=self._name)
        else:
            app.command(self._name)(found)
        return get_group(app).commands[self._name]


class LazyGroup(TyperGroup):
    """A group that imports a command when it is used."""

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Return the name, the command and its arguments; import the command."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, LazyCommand) else command, rest
