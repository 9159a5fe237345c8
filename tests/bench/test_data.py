"""The benchmark of the job: its table, its bounds, and a small run of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.data.measuring import Cost
from tests.bench.data.report import OLD, OURS, PLAIN, Results, Row

ROOT = Path(__file__).parents[2]


def row(work: str, who: str, seconds: float, calls: int = 1, python: int = 1) -> Row:
    return Row(work, who, Cost(seconds, seconds, python, 1, {"GET": calls}), 2, 1, 0.5, 1.0)


@pytest.mark.parametrize(
    ("seconds", "calls", "met"),
    [(15, 3_000, [True, True]), (16, 3_001, [False, False])],
    ids=["at the bounds", "beyond them"],
)
def test_a_bound_is_met_or_missed_by_the_figures(
    tmp_path: Path, seconds: float, calls: int, met: list[bool]
) -> None:
    results = Results(tmp_path)
    results.replace([row("1,000 objects", OURS, seconds, calls), row("1,000 objects", PLAIN, 10)])
    assert [bound.met for bound in results.bounds()] == met
    missed = (tmp_path / "data.md").read_text().count("**missed**")
    assert missed == met.count(False)


@pytest.mark.parametrize(("megabytes", "met"), [(1024, True), (1025, False)])
def test_memory_has_a_bound(tmp_path: Path, megabytes: int, met: bool) -> None:
    results = Results(tmp_path)
    results.replace([row("10,000 objects", OURS, 1, python=megabytes)])
    assert [bound.met for bound in results.bounds() if "memory" in bound.text] == [met]


def test_a_repeated_workload_replaces_its_rows_and_keeps_the_others(tmp_path: Path) -> None:
    first = Results(tmp_path)
    first.replace([row("a", OURS, 1), row("b", OURS, 2), Row("b", OLD, None, 3, 3, 0.1)])
    again = Results(tmp_path)
    again.replace([row("a", OURS, 7)])
    read = Results(tmp_path)
    found = [(each.work, each.who, each.cost.seconds if each.cost else None) for each in read.rows]
    assert found == [("a", OURS, 7), ("b", OURS, 2), ("b", OLD, None)]


@pytest.mark.extended
@pytest.mark.timeout(1800)
def test_a_small_run_converts_all_rows_by_the_script_and_by_plain_spark(tmp_path: Path) -> None:
    small = ["--tables=2", "--runs=3", "--columns=20", "--known=20", "--manifests=2"]
    command = [sys.executable, "-m", "tests.bench.data", "one", "tables", "runs", "wide", "history"]
    subprocess.run([*command, *small, "--results", tmp_path], cwd=ROOT, check=True)
    rows = Results(tmp_path).rows
    assert {row.who for row in rows} >= {OURS, PLAIN, OLD, "start of a run, with a snapshot"}
    [plain] = [row for row in rows if (row.work, row.who) == ("1 object", PLAIN)]
    assert plain.cost
    assert plain.cost.cpu > 0
    assert plain.cost.java > 0
    assert plain.cost.total > 0
