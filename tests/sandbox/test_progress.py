from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from dataflowxpress_sandbox import parallel, processes
from dataflowxpress_sandbox.progress import Progress


def written(*, terminal: bool = False, interval: float = 0) -> tuple[Progress, io.StringIO]:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=80, highlight=False)
    return Progress(console, interval=interval), output


def test_in_a_pipe_a_step_is_a_line_for_its_beginning_each_detail_and_its_end() -> None:
    progress, output = written()

    with progress.step("build") as step:
        step.show("1 of 2 packages")
        step.show("2 of 2 packages")

    began, one, two, done = output.getvalue().splitlines()
    assert began == "… build"
    assert one.startswith("… build: 1 of 2 packages ")
    assert two.startswith("… build: 2 of 2 packages ")
    assert done.startswith("✓ build ")


def test_in_a_pipe_details_come_at_intervals() -> None:
    progress, output = written(interval=3600)

    with progress.step("build") as step:
        for number in range(1000):
            step.show(f"{number} of 1000 packages")

    assert len(output.getvalue().splitlines()) == 2


def test_a_step_that_fails_is_not_reported_as_done() -> None:
    progress, output = written()

    with pytest.raises(ValueError, match="broken"), progress.step("build"):
        raise ValueError("broken")

    assert "✓" not in output.getvalue()


def test_a_detail_is_shown_as_it_is_and_not_as_markup() -> None:
    progress, output = written()

    with progress.step("build") as step:
        step.show("[red]runtime[/]")

    assert "[red]runtime[/]" in output.getvalue()


def test_a_terminal_shows_all_steps_that_run_at_the_same_time() -> None:
    progress, output = written(terminal=True)
    both, halves = threading.Barrier(2, timeout=20), ("half of build", "half of Spark")

    def step(name: str) -> None:
        with progress.step(name) as under_way:
            under_way.show(f"half of {name}")
            both.wait()
            processes.wait_until(lambda: all(each in output.getvalue() for each in halves), 20, "")

    parallel.run(lambda _: step("build"), lambda _: step("Spark"))
    with progress.step("after"):
        pass

    text = output.getvalue()
    for name in ("build", "Spark", "after"):
        assert f"✓\x1b[0m {name}" in text
