"""Report: a row for each seed, and the whole story of those that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from tests.chaos.trial import Trial

NUMBERS = (
    "uploads",
    "faults",
    "runs",
    "failed runs",
    "rows",
    "lost",
    "doubled",
    "changed",
    "stray",
)


def notify(console: Console, trial: Trial) -> None:
    """Print that a seed is through."""
    how = "well" if trial.good else "badly"
    console.print(f"seed {trial.plan.seed} ended {how} after {trial.seconds:.0f} s")


def show(console: Console, trials: Sequence[Trial], outages: int) -> None:
    """Print the table, and the timelines of what failed."""
    table = Table("seed", "format", *NUMBERS, "status", "seconds", "faults by kind", box=None)
    for trial in trials:
        table.add_row(*row(trial))
    console.print(table)
    total: Counter[str] = sum((trial.struck() for trial in trials), Counter())
    console.print(f"{len(trials)} seeds, {total.total()} faults: {_kinds(total)}")
    console.print(f"the operator was killed {outages} times")
    for trial in trials:
        if not trial.good:
            console.print(*story(trial), sep="\n", markup=False)


def row(trial: Trial) -> list[str]:
    """Return the words of a trial's row."""
    chain, struck, assessment = trial.chain, trial.struck(), trial.assessment
    numbers = [len(trial.plan.uploads), struck.total(), len(chain.runs()), chain.failed()]
    found = (
        [assessment.rows, *(len(each) for each in assessment.differences)]
        if assessment
        else ["?"] * 5
    )
    status = "?" if assessment is None else "false" if assessment.wrong else "true"
    words = [
        trial.plan.seed,
        trial.plan.format,
        *numbers,
        *found,
        status,
        round(trial.seconds),
        _kinds(struck),
    ]
    return [str(word) for word in words]


def _kinds(struck: Counter[str]) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(struck.items()))


def story(trial: Trial) -> Iterator[str]:
    """Yield the lines that tell what a seed met, in order."""
    table_format = trial.plan.weather.table_format
    again = f"make chaos SEED={trial.plan.seed} SEEDS=1 FORMAT={table_format}"
    yield f"\nseed {trial.plan.seed}: {again}"
    yield f"error: {trial.error or 'none'}"
    yield f"assessment: {trial.assessment}"
    reported = [*trial.timeline]
    reported += [(s["at"], f"struck: {s['kind']} {s['on']} {s['resource']}") for s in trial.strikes]
    for run in trial.chain.runs():
        began = run["StartedOn"].timestamp()
        reported.append((began, f"run {run['Id'][:10]} begins"))
        if "CompletedOn" in run:
            how = f"{run['JobRunState']} {run.get('ErrorMessage', '')}"
            reported.append((run["CompletedOn"].timestamp(), f"run {run['Id'][:10]} ends: {how}"))
    for at, what in sorted(reported):
        yield f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f} {what}"
