"""Command: `dataflowxpress smoke`, which tests an AWS account with a pipeline of its own."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dataflowxpress.aws.errors import describe
from dataflowxpress.cli.failures import FAILED, Failure, reported_errors
from dataflowxpress.controller.reconciler import Expected

from .budget import Budget
from .deployed import Deployed
from .evidence import Evidence
from .hops import HopFailed
from .interrupts import Interrupted, Interrupts
from .report import masked, report
from .sample import Sample
from .table import ROW, Table
from .trial import Trial

console = Console(highlight=False, soft_wrap=True)


def smoke(
    region: Annotated[
        str, typer.Option(help="AWS region.", show_default="that of your AWS settings")
    ] = "",
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="First part of all names in AWS.")
    ] = "default",
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for each hop.")] = 900,
    directory: Annotated[
        Path, typer.Option("--dir", file_okay=False, exists=True, help="Folder for the report.")
    ] = Path(),
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Create resources that cost money.")] = (
        False
    ),
) -> None:
    """Test a whole pipeline in your AWS account, and delete it again.

    The command creates a pipeline with a random name, without a cluster. It uploads files and waits
    for each hop up to the mail. Then it compares, changes and damages the pipeline, corrects it,
    and deletes it with its data. Ctrl-C, SIGTERM and failures end with the deletion, too.

    It needs the permissions of `dataflowxpress iam policy`. A report without account number and
    secrets is left in a file.

    Examples:
    - `dataflowxpress smoke --region eu-west-1`
    - `dataflowxpress smoke --region eu-west-1 --yes`

    """
    gc.enable()  # main() disables it
    with reported_errors():
        sample = Sample.new(directory, namespace, region)
        planned = Deployed.of(sample.preview())
        budget = Budget(planned.wanted)
        _announce(sample, planned, budget)
        if not yes:
            raise Failure("nothing was created: add --yes to start")
        try:
            code = _tested(Trial(sample, Table(console), timeout), budget)
        except Interrupted as interrupt:  # the second one, in the deletion
            code = interrupt.exit_code
    raise typer.Exit(code)


def _announce(sample: Sample, planned: Deployed, budget: Budget) -> None:
    """Print what the command is about to create, where, and at what cost."""
    kinds = Counter(type(each).__name__ for each in planned.wanted)
    scope = planned.connection.scope
    console.print(
        f"Creates {len(planned.wanted)} resources in AWS account {scope.account}, {scope.region},"
        f" with names that begin with {sample.namespace}-{sample.name}, and deletes them:"
    )
    console.print("  " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    console.print(f"Takes about ten minutes. {budget.forecast}")


def _tested(trial: Trial, budget: Budget) -> int:
    """Run the trial, then delete the pipeline in any case; return the exit code."""
    console.print(ROW.format("hop", "seconds", "calls", "result"), style="bold")
    code = FAILED
    warn = partial(console.print, "Deleting the pipeline. Ctrl-C again leaves it in AWS.")
    with Interrupts(warn) as interrupts:
        try:
            code = _exit_code(trial.run)
        finally:
            interrupts.deleting = True
            removed = _finish(trial, budget, interrupted=code > FAILED)
    return code or removed


def _exit_code(work: Callable[[], None]) -> int:
    """Do *work*; print why it ended early, if it did."""
    try:
        work()
    except (HopFailed, *Expected) as error:
        console.print(f"Failed: {describe(error)}", markup=False)
        return FAILED
    except Interrupted as interrupt:
        console.print(str(interrupt))
        return interrupt.exit_code
    return 0


def _finish(trial: Trial, budget: Budget, *, interrupted: bool) -> int:
    """Collect evidence, delete the pipeline, write the report; return the deletion's exit code."""
    sample, found = trial.sample, Evidence()
    if not interrupted:
        _exit_code(lambda: found.collect(trial.deployed))
    code = _exit_code(trial.remove)
    if code:
        console.print(
            f"Resources are left in AWS. Delete them: dataflowxpress delete -f {sample.file} --yes"
        )
    cost = budget.spent(trial.table.calls, found.crawls, found.run_seconds)
    lines = report(trial.table, budget.region, cost, found.lines)
    file = sample.file.with_suffix(".md")
    text = masked("\n".join(lines), budget.account, sample.name)
    file.write_text(f"{text}\n", encoding="utf-8")
    console.print(f"{cost[0].upper()}{cost[1:]}. Report: {file}")
    return code
