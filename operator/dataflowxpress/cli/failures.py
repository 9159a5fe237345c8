"""Failures: one line in place of a traceback, and the exit codes of all commands."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from dataflowxpress.api.errors import InvalidSpec, PipelineError

if TYPE_CHECKING:
    from kubernetes.client import ApiException

NOTHING_TO_DO, FAILED, CHANGES = 0, 1, 2


class Failure(Exception):
    """A command cannot do its work; the message names the reason and the fix."""


@contextlib.contextmanager
def reported_errors() -> Iterator[None]:
    """Print an error of the user's input, of AWS or of the cluster as one line; exit with 1.

    Any other exception is a defect of this program, and passes.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if (message := _message(error)) is None:
            raise
        _print(message)
        raise typer.Exit(FAILED) from None


def listed(problems: Sequence[str], where: str = "") -> str:
    """Return one problem in a line, or several below their number."""
    if len(problems) == 1:
        return f"{where}{problems[0]}"
    return "\n  ".join([f"{where}{len(problems)} mistakes:", *problems])


def _print(message: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    from dataflowxpress.reporting.text import visible

    message = "\n".join(map(visible, message.split("\n")))  # a name in it can be of a file
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[red]Error:[/] {escape(message)}")


def _message(error: Exception) -> str | None:
    """Return what failed and what to do, or None for a defect of this program."""
    if isinstance(error, Failure):
        return str(error)
    if isinstance(error, InvalidSpec):
        return listed(error.mistakes)
    return _from_library(error) or _from_system(error)


def _from_library(error: Exception) -> str | None:
    # Only an error pays for these imports, which take longer than most commands.
    from botocore.exceptions import BotoCoreError, ClientError
    from kubernetes.client import ApiException
    from kubernetes.config import ConfigException
    from urllib3.exceptions import HTTPError
    from yaml import YAMLError

    from dataflowxpress.aws.errors import describe

    match error:
        case PipelineError() | ClientError() | BotoCoreError():
            return describe(error)
        case ApiException():
            return f"the API server answered: {_answer(error)}"
        case HTTPError():
            return f"the cluster does not answer: {error}. To work without a cluster, use -f FILE."
        case ConfigException():
            reason = str(error).rstrip(".")
            return f"no cluster: {reason}. Set KUBECONFIG, or give a file with -f."
        case YAMLError():
            return f"the kubeconfig is not valid YAML: {error}. Correct it."
        case _:
            return None


def _from_system(error: Exception) -> str | None:
    if not isinstance(error, OSError):
        return None
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _answer(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError):
        return f"{error.status} {error.reason}"
