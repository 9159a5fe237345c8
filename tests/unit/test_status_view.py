"""Status view: what people read, on a terminal of 80 columns."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from dataflowxpress.api.status import (
    Condition,
    Data,
    Drift,
    ResourceStatus,
    Run,
    Status,
    Table,
)
from dataflowxpress.cli import runs_view
from dataflowxpress.cli import status_view as view

ID = "jr_" + 64 * "a"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def run(state: str = "SUCCEEDED", **more: Any) -> Run:
    return Run(id=ID, state=state, started="2026-01-01T12:00:00Z", seconds=86_400, **more)


COUNTED = run(objects=12_345_678, rows_read=3, rows_written=999_999_999_999, rows_rejected=0)


def condition(kind: str, status: str, reason: str = "Any", message: str = "") -> Condition:
    about = {"type": kind, "status": status, "reason": reason, "message": message}
    return Condition.model_validate(about | {"observedGeneration": 1, "lastTransitionTime": "now"})


def resource(state: str, name: str = "a", kind: str = "Queue", message: str = "") -> ResourceStatus:
    about = {"kind": kind, "name": name, "key": (name,), "state": state, "message": message}
    return ResourceStatus.model_validate(about)


def printed(*lines: object) -> list[str]:
    """Return what the commands print, line by line."""
    console = Console(file=io.StringIO(), width=80, highlight=False, soft_wrap=True, record=True)
    for line in lines:
        console.print(line)
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_the_table_of_runs_fits_80_columns_with_the_run_id_in_full() -> None:
    lines = printed(*runs_view.runs([COUNTED, run("STARTING"), run("STOPPING")], "trips"))
    assert max(map(len, lines)) <= 80
    assert lines.count(f"  {ID}") == 3
    assert "" not in lines[:7]
    assert lines[1].split() == [
        *("SUCCEEDED", "2026-01-01", "12:00:00", "86400", "12345678", "999999999999", "0")
    ]


def test_a_wide_terminal_gets_one_line_for_each_run() -> None:
    lines = printed(*runs_view.runs([COUNTED], "trips", width=200))
    assert len(lines) == 2
    assert lines[1].endswith(f"0  {ID}")


def test_a_narrow_terminal_gets_each_run_in_short_lines() -> None:
    found = [COUNTED, run("RUNNING")]
    lines = [line.plain for line in runs_view.runs(found, "trips", width=40)]
    start = lines[: lines.index(f"  {ID}")]
    assert start == [
        "SUCCEEDED  2026-01-01 12:00:00",
        "  86400 s",
        "  12345678 objects, 999999999999 rows",
        "  0 rejected",
    ]
    cards = [line for line in lines[: lines.index("\nOldest to newest:")] if ID not in line]
    assert max(map(len, cards)) <= 40


def test_several_runs_are_a_trend_from_the_oldest_to_the_newest() -> None:
    found = [run(rows_written=rows) for rows in (4, 2, None, 0)]
    lines = printed(*runs_view.runs(found, "trips"))
    assert lines[-1] == "  rows    ▁·▅█  0 to 4"
    assert lines[-2].split()[:2] == ["seconds", "████"]


def test_a_problem_names_its_fix_and_a_condition_that_is_fine_does_not() -> None:
    status = Status(
        conditions=(
            condition("Ready", "True", "Converged"),
            condition("DataCurrent", "False", "DeadLetters", "2 messages"),
        )
    )
    lines = printed(*view.conditions(status))
    assert lines[0].startswith("DataCurrent")
    assert lines[1].startswith("  Fix: ")
    assert [line for line in lines if "Fix: " in line] == [lines[1]]


def test_figures_that_a_custom_script_does_not_give_are_unknown() -> None:
    lines = printed(*runs_view.runs([run()], "trips"), view.data(Status(data=Data(dead_letters=0))))
    assert lines[1].split()[-3:] == ["-", "-", "-"]
    assert lines[-1] == (
        "Converted objects and rows are unknown: the job uses a custom script; 0 dead letters"
    )


def test_the_error_of_a_failed_run_follows_the_table_in_full() -> None:
    error = "Py4JError: " + 40 * "because of this "
    lines = printed(*runs_view.runs([run("FAILED", error=error), COUNTED], "trips"))
    assert lines[-3:] == ["", f"{ID} FAILED:", f"  {error.rstrip()}"]


def test_a_run_with_rejected_rows_names_the_command_that_shows_them() -> None:
    rejects = "csv_data/a.csv: not a record of 2 columns"
    found = run(objects=1, rows_read=2, rows_written=1, rows_rejected=1, rejects=rejects)
    lines = printed(*runs_view.runs([found], "trips -n data"))
    assert lines[3:] == [
        "",
        f"{ID}: 1 rejected row; to see them:",
        f"  dataflowxpress rejects trips -n data --run {ID}",
        f"  {rejects}",
    ]
    assert not any("error" in line.lower() for line in lines)


def test_a_run_names_the_columns_that_it_widened() -> None:
    change = "t.code: bigint to string, because of 'A7' in in/2.csv"
    lines = printed(*runs_view.runs([run(type_changes=change)], "trips"))
    assert lines[3:] == ["", f"{ID}: columns with a wider type", f"  {change}"]


def test_a_run_names_the_objects_that_gave_no_rows() -> None:
    found = run(objects=1, rows_read=0, rows_written=0, rows_rejected=0, rejects="a.csv: no text")
    lines = printed(*runs_view.runs([found], "trips"))
    assert lines[3:] == ["", f"{ID}: objects without rows", "  a.csv: no text"]


def test_conditions_that_are_not_fine_come_first() -> None:
    status = Status(
        conditions=(
            condition("Ready", "True"),
            condition("Stalled", "False"),
            condition("Drifted", "True"),
            condition("Reconciling", "False", "Paused"),
            condition("DataCurrent", "Unknown"),
        )
    )
    lines = printed(*view.conditions(status))
    kinds = [line.split()[0] for line in lines if not line.startswith("  Fix: ")]
    assert kinds == ["Drifted", "Reconciling", "DataCurrent", "Ready", "Stalled"]


def test_only_resources_with_a_problem_are_listed_and_the_rest_is_counted() -> None:
    lines = (
        resource("Ready"),
        resource("Ready", "b"),
        resource("Refused", "lake", "Bucket", "exists"),
    )
    drift = (Drift(resource="Job/j", changes=("Timeout: 9 -> 60",)),)
    status = Status(resources=lines, drift=drift)
    assert printed(*view.problems(status)) == [
        "Refused  Bucket/lake  exists",
        "Drifted  Job/j",
        "    Timeout: 9 -> 60",
    ]
    assert printed(view.summary(status)) == ["3 resources in AWS: 2 Ready, 1 Refused"]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "AWS was not compared with the spec yet."),
        ("2026-01-01T11:59:30Z", "30 seconds ago (2026-01-01 11:59:30 UTC)"),
        ("2026-01-01T11:51:00Z", "9 minutes ago (2026-01-01 11:51:00 UTC)"),
        ("2026-01-01T12:00:05Z", "0 seconds ago"),
    ],
    ids=["never", "seconds", "minutes", "a clock that is ahead"],
)
def test_the_time_of_the_last_comparison_is_shown(at: str, words: str) -> None:
    [line] = printed(view.compared(Status(last_compared_at=at), NOON))
    assert words in line


def test_the_status_names_tables_with_small_files_and_with_all_each_table() -> None:
    slow = Table(name="t", rows=5, bytes=2**20, files=200, batches=1, warning="name other columns")
    good = Table(name="u", rows=1, bytes=3 * 2**29, files=12, batches=12)
    status = Status(data=Data(dead_letters=0, table_count=22, tables=(slow, good)))
    [line] = view.tables(status, everything=False)
    assert line.plain == ("Table t: 5 rows, 1.0 MiB, 200 files in 1 batch.  name other columns")
    lines = [line.plain for line in view.tables(status, everything=True)]
    assert lines[1] == "Table u: 1 row, 1,536.0 MiB, 12 files in 12 batches."
    assert lines[2].startswith("20 smaller tables")
    assert not [*view.tables(Status(), everything=True)]
