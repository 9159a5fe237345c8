"""Kubectl complete: shell completion after `kubectl dataflow`, in kubectl's plugin protocol."""

from __future__ import annotations

import sys
from typing import Any

import typer

# typer has its own copy of click, and no public name for this part of it.
from typer._click.shell_completion import CompletionItem, ShellComplete

from .app import app

FILES, NO_FILES = ":0", ":4"  # directives of kubectl's library: complete file names too, or not


class KubectlComplete(ShellComplete):
    """Completion for kubectl: words come as arguments, and the last one is incomplete."""

    name = "kubectl"

    def source_vars(self) -> dict[str, Any]:
        """Return nothing: kubectl finds the command by its name and sources no script."""
        return {}

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the complete words, and the incomplete one."""
        *complete, incomplete = sys.argv[1:] or [""]
        return complete, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return a completion and its description."""
        description = (item.help or "").partition("\n")[0]
        return f"{item.value}\t{description}" if description else str(item.value)

    def complete(self) -> str:
        """Return one completion a line, then the directive: file names only without completions."""
        found = self.get_completions(*self.get_completion_args())
        return "\n".join([*map(self.format_completion, found), NO_FILES if found else FILES])


def main() -> None:
    """Print the completions of the words in the arguments."""
    command = typer.main.get_command(app)
    typer.echo(KubectlComplete(command, {}, "kubectl dataflow", "").complete())
