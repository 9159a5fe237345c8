"""App: all commands, in the order in which `--help` shows them."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer._click.exceptions import UsageError  # typer has no public name for it

from . import extensions
from .failures import FAILED
from .lazy import LazyCommand, LazyGroup

UsageError.exit_code = FAILED  # typer's own is 2, which `plan` keeps for pending changes

PIPELINES, OPERATING, LEARNING = "A pipeline", "The operator", "Learn and try"
COMMANDS = {  # name: module and function, panel, and the first line of the command's docstring
    "plan": ("plan:plan", PIPELINES, "Show what would change in AWS, and change nothing."),
    "apply": ("change:apply", PIPELINES, "Make a pipeline true in AWS."),
    "delete": (
        "change:delete",
        PIPELINES,
        "Delete a pipeline; `spec.deletionPolicy` says what of it stays in AWS.",
    ),
    "status": (
        "status:status",
        PIPELINES,
        "Show conditions, problems, the flow, data and the last runs; problems come first.",
    ),
    "runs": ("status:runs", PIPELINES, "Show the last ten runs of the job, the newest first."),
    "cost": (
        "cost.command:cost",
        PIPELINES,
        "Show the cost of a pipeline's runs and crawls, or estimate a month.",
    ),
    "rejects": (
        "rejects:rejects",
        PIPELINES,
        "Show rejected rows and refused objects, each with its reason.",
    ),
    "files": (
        "files:files",
        PIPELINES,
        "Show how many Parquet files each table has, or each of their URLs.",
    ),
    "columns": (
        "columns:columns",
        PIPELINES,
        "Show the columns of a pipeline, propose columns from a sample, or take a column back.",
    ),
    "logs": (
        "logs:logs",
        PIPELINES,
        "Show the newest log lines of the crawler, the job's last run and the functions.",
    ),
    "report": (
        "report.command:report",
        PIPELINES,
        "Write one archive for a bug report: resource, Events, plan, logs, versions; no secrets.",
    ),
    "run": ("control:run", PIPELINES, "Request a run of the job now, and wait for its end."),
    "pause": (
        "control:pause",
        PIPELINES,
        "Stop the operator's calls to AWS for a pipeline, until `resume`.",
    ),
    "resume": (
        "control:resume",
        PIPELINES,
        "End a pause: the operator compares AWS with the spec and corrects differences.",
    ),
    "ui": (
        "ui:ui",
        PIPELINES,
        "Show the pipelines of a cluster in the browser, live; it changes nothing.",
    ),
    "operator": (
        "operator:operator",
        OPERATING,
        "Run the operator against the current cluster and AWS account, until it is stopped.",
    ),
    "check": (
        "operator:check",
        OPERATING,
        "Check the access of an operator to the cluster and to AWS; exit with 1 if it fails.",
    ),
    "smoke": (
        "smoke.command:smoke",
        OPERATING,
        "Test a whole pipeline in your AWS account, and delete it again.",
    ),
    "crd": (
        "reference:crd",
        OPERATING,
        "Print the CustomResourceDefinition: `dataflowxpress crd | kubectl apply -f -`.",
    ),
    "schema": (
        "reference:schema",
        OPERATING,
        "Print the JSON schema of a manifest, for editors and validators.",
    ),
    "iam": ("iam:app", OPERATING, "Print the policies for the operator's identity."),
    "explain": (
        "reference:explain",
        LEARNING,
        "Explain a reason, a condition or an alert, and name the fix.",
    ),
}


class Commands(LazyGroup):
    """The commands of this distribution, and those of its extensions."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, (target, panel, summary) in COMMANDS.items():
            self.add_command(LazyCommand(name, f"{__package__}.{target}", summary, panel))
        for command in extensions.commands(LEARNING):
            self.add_command(command)


app = typer.Typer(
    name="dataflowxpress",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(*, given: bool) -> None:
    if given:
        typer.echo(f"dataflowxpress {version('dataflowxpress')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """One DataPipeline resource for a serverless CSV-to-Parquet pipeline on AWS.

    Commands about a pipeline take its NAME in the cluster (`-n` its namespace), or a manifest
    (`-f pipeline.yaml`) and no cluster. As a kubectl plugin: `kubectl dataflow plan orders`.
    """
