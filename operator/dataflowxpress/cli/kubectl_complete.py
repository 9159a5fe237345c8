"""Kubectl complete: what the shell proposes after `kubectl dataflow`, as kubectl asks a plugin."""

from __future__ import annotations

import sys
from typing import Any

import typer

# typer has its own copy of click, and no public name for this part of it.
from typer._click.shell_completion import CompletionItem, ShellComplete

from .app import app

FILES, NO_FILES = ":0", ":4"  # what else may be proposed, as kubectl's library spells it


class KubectlComplete(ShellComplete):
    """The shell that kubectl is to its plugins: words come as arguments, the last is begun."""

    name = "kubectl"

    def source_vars(self) -> dict[str, Any]:
        """Return nothing: kubectl finds us by our name, and has nothing to source."""
        return {}

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words that are finished, and the one that is not."""
        *finished, begun = sys.argv[1:] or [""]
        return finished, begun

    def format_completion(self, item: CompletionItem) -> str:
        """Return a proposal and what it means."""
        meaning = (item.help or "").partition("\n")[0]
        return f"{item.value}\t{meaning}" if meaning else str(item.value)

    def complete(self) -> str:
        """Return each proposal, and at last whether files are some: where there are no others."""
        found = self.get_completions(*self.get_completion_args())
        return "\n".join([*map(self.format_completion, found), NO_FILES if found else FILES])


def main() -> None:
    """Propose how the words of the command line go on."""
    command = typer.main.get_command(app)
    typer.echo(KubectlComplete(command, {}, "kubectl dataflow", "").complete())
