"""Session: announces the smoke test, runs it, deletes its pipeline and writes the report."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from dataflowxpress.aws.errors import describe
from dataflowxpress.cli.failures import FAILED, Failure
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


def start(directory: Path, namespace: str, region: str, timeout: float, *, yes: bool) -> int:
    """Test a pipeline of *namespace* in *region*, with *timeout* seconds for each hop.

    Returns the exit code. Raises Failure without *yes*, before anything is created.
    """
    gc.enable()  # main() disables it
    sample = Sample.new(directory, namespace, region)
    planned = Deployed.of(sample.preview())
    budget = Budget(planned.wanted)
    _announce(sample, planned, budget)
    if not yes:
        raise Failure("nothing was created", "add --yes to start", page="docs/real-aws.md")
    try:
        return _tested(Trial(sample, Table(console), timeout), budget)
    except Interrupted as interrupt:  # the second signal, in the deletion
        return interrupt.exit_code


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
        message = str(error) if isinstance(error, HopFailed) else describe(error)
        console.print(f"Failed: {message}", markup=False)
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
