"""Terminal: nothing that a command prints is cut or broken by a terminal of 80 columns."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterable

import pytest
from rich.console import Console
from rich.text import Text

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.status import Condition, Drift, ResourceStatus, Run, Status
from dataflowxpress.cli import plan_view, runs_view
from dataflowxpress.cli import status_view as view
from dataflowxpress.cli.status_page import Page
from dataflowxpress.cli.terminal import show
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.step import Action, Step

LONG = "the operator refuses the bucket, because it belongs to another pipeline; " * 4
RUN = Run(
    id="jr_" + 64 * "a",
    state="SUCCEEDED",
    started="2026-01-01T12:00:00Z",
    seconds=9,
    rows_rejected=2,
    rejects=LONG,
)
STATUS = Status(
    conditions=(
        Condition(
            type="Ready",
            status="False",
            reason="Refused",
            message=LONG,
            observed_generation=1,
            last_transition_time="",
        ),
    ),
    resources=(ResourceStatus(kind="Bucket", name=60 * "b", key=("b",), state="Refused"),),
    runs=(RUN,),
    drift=(Drift(resource="Queue/a", changes=(f"Policy: {LONG}",)),),
)
STEP = Step(
    STATUS.resources[0].id,
    Action.UPDATE,
    changes=(Change(("Policy", "Statement"), LONG, LONG.upper()),),
    reason=LONG,
)


def printed(lines: Iterable[Text | str], *, terminal: bool) -> list[str]:
    file = io.StringIO()
    show(Console(file=file, width=80, force_terminal=terminal, color_system=None), lines)
    return file.getvalue().splitlines()


@pytest.mark.parametrize(
    "lines",
    [
        [*view.conditions(STATUS), *view.problems(STATUS)],
        list(runs_view.runs(STATUS.runs, "trips")),
        list(plan_view.shown([STEP], everything=True)),
        [view.summary(STATUS), view.data(STATUS)],
    ],
    ids=["conditions and problems", "runs", "plan", "summary"],
)
def test_a_terminal_gets_lines_of_its_width_with_every_word(lines: list[Text]) -> None:
    shown = printed(lines, terminal=True)
    assert max(map(len, shown)) <= 80
    whole = "".join("".join(line.plain.split()) for line in lines)
    assert "".join("".join(line.split()) for line in shown) == whole


def test_what_follows_in_the_next_line_is_indented() -> None:
    first, *rest = printed([f"  Refused  {LONG}"], terminal=True)
    assert first.startswith("  Refused  the operator")
    assert rest
    assert all(line.startswith(" " * 6) and line[6] != " " for line in rest)


def test_a_pipe_gets_each_line_in_full() -> None:
    assert printed([LONG, Text("short")], terminal=False) == [LONG, "short"]


PRINT = """
import sys
from dataflowxpress.cli.app import app
sys.argv[1:] = ["plan", "-f", "nowhere"]
app()
"""


@pytest.mark.parametrize(
    ("variables", "has_colors"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["a pipe", "forced", "NO_COLOR"],
)
def test_only_a_terminal_without_no_color_gets_colors(
    variables: dict[str, str], has_colors: bool
) -> None:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"}
    }
    environment = {**inherited, "TERM": "xterm-256color", "COLUMNS": "80", **variables}
    command = [sys.executable, "-c", PRINT]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert "No such file" in done.stderr
    colors = re.findall(r"\x1b\[[\d;]*3[1-6]m", done.stderr)
    assert bool(colors) is has_colors


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_page_fits_each_width_with_every_word(width: int) -> None:
    body = {
        "metadata": {"namespace": "default", "name": "trips", "generation": 1},
        "spec": {},
        "status": STATUS.as_json(),
    }
    page = Page("trips -n default", width)
    lines = list(page.lines(Pipeline(body), STATUS))
    file = io.StringIO()
    show(Console(file=file, width=width, force_terminal=True, color_system=None), lines)
    shown = file.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    for line in lines:
        for word in line.plain.split():
            assert word in "".join(shown.split()), word
