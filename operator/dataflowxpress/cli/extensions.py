"""Extensions: commands of other distributions, found by their entry points."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

from typer._click.core import Command  # typer has its own copy of click
from typer.core import TyperCommand

from .failures import Failure, reported_errors
from .lazy import LazyCommand

GROUP = "dataflowxpress.commands"
SANDBOX = {
    "demo": "Send real CSV files through a pipeline on the sandbox, and check every figure.",
    "sandbox": "Kubernetes, AWS and the operator on this machine, without containers.",
}
ANY_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}


def commands(panel: str) -> Iterator[TyperCommand]:
    """Yield the commands of installed extensions.

    The commands of the sandbox are always among them. Without the sandbox, they fail and name the
    package to install.
    """
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    for name in sorted({*installed, *SANDBOX}):
        if entry := installed.get(name):
            yield _Extension(name, entry.value, SANDBOX.get(name) or _summary(entry), panel)
        else:
            yield _missing(name, panel)


class _Extension(LazyCommand):
    """A command of another distribution, which may run for long."""

    def load(self) -> Command:
        gc.enable()  # main() disables it
        return super().load()


def _summary(entry: EntryPoint) -> str:
    """Return the summary of the distribution that brings a command."""
    return str(entry.dist.metadata["Summary"]) if entry.dist else ""


def _missing(name: str, panel: str) -> TyperCommand:
    return TyperCommand(
        name,
        callback=partial(_fail, name),
        context_settings=ANY_ARGUMENTS,
        help=SANDBOX[name],
        rich_help_panel=panel,
    )


def _fail(name: str) -> NoReturn:
    with reported_errors():
        raise Failure(
            f"`dataflowxpress {name}` needs the sandbox", "pip install 'dataflowxpress[sandbox]'"
        )
    raise AssertionError  # for mypy: reported_errors() does not return
