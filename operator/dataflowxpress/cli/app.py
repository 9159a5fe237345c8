"""App: all commands, in the order in which `--help` shows them."""

from __future__ import annotations

import typer
from typer._click.exceptions import UsageError  # which typer does not name itself

from . import change, control, extensions, iam, logs, operator, plan, reference, status
from .failures import FAILED

UsageError.exit_code = FAILED  # and not 2, by which `plan` says that something would change

app = typer.Typer(
    name="dataflowxpress",
    help="One DataPipeline resource for a serverless CSV-to-Parquet pipeline on AWS.\n\n"
    "Commands about a pipeline take its NAME in the cluster (`-n` its namespace), or a manifest"
    " (`-f pipeline.yaml`) and no cluster. As a kubectl plugin: `kubectl dataflow plan orders`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

PIPELINES, OPERATING, LEARNING = "A pipeline", "The operator", "Learn and try"
for command in (
    *(plan.plan, change.apply, change.delete, status.status, status.runs, logs.logs),
    *(control.run, control.pause, control.resume),
):
    app.command(rich_help_panel=PIPELINES)(command)
app.command(rich_help_panel=OPERATING)(operator.operator)
app.command(rich_help_panel=OPERATING)(operator.check)
app.command(rich_help_panel=OPERATING)(reference.crd)
app.add_typer(iam.app, name="iam", rich_help_panel=OPERATING)
app.command(rich_help_panel=LEARNING)(reference.explain)
extensions.add(app, panel=LEARNING)
