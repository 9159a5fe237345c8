"""Failures: what, why and fix in place of a traceback, and the exit codes of all commands."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from dataflowxpress.api.errors import Failure, InvalidSpec, PipelineError, listed

if TYPE_CHECKING:
    from kubernetes.client import ApiException

__all__ = ["CHANGES", "FAILED", "NOTHING_TO_DO", "Failure", "reported_errors"]

NOTHING_TO_DO, FAILED, CHANGES = 0, 1, 2


@contextlib.contextmanager
def reported_errors() -> Iterator[None]:
    """Print what is wrong in the user's input, AWS or the cluster, why, and the fix; exit with 1.

    Any other exception is a defect of this program, and passes.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if (failure := _failure(error)) is None:
            raise
        _print(str(failure))
        raise typer.Exit(FAILED) from None


def _print(message: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    from dataflowxpress.reporting.text import visible

    message = "\n".join(map(visible, message.split("\n")))  # a name in it can be of a file
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[red]Error:[/] {escape(message)}")


def _failure(error: Exception) -> Failure | None:
    """Return what failed, why and what to do, or None for a defect of this program."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, InvalidSpec):
        return Failure(listed(error.mistakes), page="`kubectl explain datapipeline.spec`")
    return _from_library(error) or _from_system(error)


def _from_library(error: Exception) -> Failure | None:
    # Only an error pays for these imports, which take longer than most commands.
    from botocore.exceptions import BotoCoreError, ClientError
    from kubernetes.client import ApiException
    from kubernetes.config import ConfigException
    from urllib3.exceptions import HTTPError
    from yaml import YAMLError

    match error:
        case PipelineError() | ClientError() | BotoCoreError():
            return _from_aws(error)
        case ApiException():
            return _from_api_server(error)
        case HTTPError():
            fix = "start the cluster or correct the kubeconfig; without a cluster, use -f FILE"
            return Failure("the cluster does not answer", fix, why=str(error))
        case ConfigException():
            fix = "set KUBECONFIG; commands about a pipeline also take a file with -f"
            return Failure("no cluster", fix, why=str(error).rstrip("."))
        case YAMLError():
            return Failure("the kubeconfig is not valid YAML", "correct it", why=str(error))
        case _:
            return None


def _from_aws(error: Exception) -> Failure:
    from botocore.exceptions import ClientError

    from dataflowxpress.aws.errors import describe, problem
    from dataflowxpress.reporting.text import without_code

    reason = problem(error).reason
    about = f"docs/reasons.md, or `dataflowxpress explain {reason}`"
    fix = without_code(reason.fix)
    if isinstance(error, PipelineError):  # the message names the fix
        return Failure(describe(error), page=about)
    if isinstance(error, ClientError):
        return Failure(f"AWS refused {error.operation_name}", fix, why=describe(error), page=about)
    return Failure("AWS was not called", fix, why=describe(error), page=about)


def _from_api_server(error: ApiException) -> Failure:
    fixes = {
        401: "log in to the cluster again",
        403: "ask for the right; `kubectl auth can-i --list` shows yours",
        404: "correct the namespace; if the kind is missing, install it: `dataflowxpress crd`",
        409: "run the command again: another client changed the object",
        422: "correct the field that the message names",
    }
    fix = fixes.get(int(error.status or 0), "try again, or see the log of the API server")
    return Failure("the API server refused the request", fix, why=_answer(error))


def _from_system(error: Exception) -> Failure | None:
    if not isinstance(error, OSError):
        return None
    if not error.filename:
        return Failure(str(error))
    return Failure(f"{error.filename}: {error.strerror}", "correct the path, or its permissions")


def _answer(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError):
        return f"{error.status} {error.reason}"
