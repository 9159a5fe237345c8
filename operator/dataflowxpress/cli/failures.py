"""Failures: a sentence in place of a traceback, and what exit codes mean."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import typer
from botocore.exceptions import BotoCoreError, ClientError
from kubernetes.client import ApiException
from kubernetes.config import ConfigException
from rich.console import Console
from rich.markup import escape
from urllib3.exceptions import HTTPError
from yaml import YAMLError

from dataflowxpress.api.errors import PipelineError
from dataflowxpress.aws.errors import describe

NOTHING_TO_DO, FAILED, CHANGES = 0, 1, 2


class Failure(Exception):
    """What a command was asked for cannot be; the message says why, and what to do."""


@contextlib.contextmanager
def reported_errors() -> Iterator[None]:
    """Print what went wrong outside of this program as one line, and exit with 1."""
    try:
        yield
    except (Failure, PipelineError, ClientError, BotoCoreError) as error:
        said = str(error) if isinstance(error, Failure) else describe(error)
    except ApiException as error:
        said = f"the cluster says: {_message(error)}"
    except HTTPError as error:
        said = f"the cluster does not answer: {error}. To work without one, give a file with -f."
    except ConfigException as error:
        said = f"no cluster: {str(error).rstrip('.')}. Set KUBECONFIG, or give a file with -f."
    except OSError as error:
        said = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except UnicodeDecodeError as error:
        said = f"the manifest is no text: {error}"
    except YAMLError as error:
        said = f"the manifest is no YAML: {error}"
    else:
        return
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]Error:[/] {escape(said)}")
    raise typer.Exit(FAILED)


def _message(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError):
        return f"{error.status} {error.reason}"
