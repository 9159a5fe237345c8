from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from dataflowxpress_sandbox import parallel, processes
from dataflowxpress_sandbox.parallel import Cancelled
from dataflowxpress_sandbox.program import Program

if TYPE_CHECKING:
    from pathlib import Path


def shell(directory: Path, script: str) -> Program:
    return Program("script", ["sh", "-c", script], directory, {"GREETING": "hello"})


def test_each_line_of_its_output_is_passed_on(tmp_path: Path) -> None:
    lines: list[str] = []

    assert shell(tmp_path, 'echo "$GREETING"; echo again >&2').run(threading.Event(), lines.append)

    assert lines == ["hello", "again"]


def test_a_line_is_passed_on_while_the_program_runs_and_only_when_it_is_whole(
    tmp_path: Path,
) -> None:
    lines: list[str] = []
    script = f"""
        printf begun; until [ -e {tmp_path}/looked ]; do sleep 0.05; done
        echo ' ended'; until [ -e {tmp_path}/read ]; do sleep 0.05; done
    """
    log = tmp_path / "logs" / "script.log"

    def look() -> None:
        processes.wait_until(lambda: log.exists() and log.read_text() == "begun", 20, "begin")
        (tmp_path / "looked").touch()

    def follow(line: str) -> None:
        lines.append(line)
        (tmp_path / "read").touch()

    parallel.run(lambda event: shell(tmp_path, script).run(event, follow), lambda _: look())

    assert lines == ["begun ended"]


def test_after_a_failure_the_tail_is_of_that_run(tmp_path: Path) -> None:
    for text in ("of the first", "of the second"):
        program = shell(tmp_path, f"echo {text}; exit 1")

        assert not program.run(threading.Event())
        assert program.tail().splitlines()[1:] == [text]


def test_when_it_is_cancelled_nothing_that_it_has_started_remains(tmp_path: Path) -> None:
    cancelled = threading.Event()
    children: list[psutil.Process] = []

    def follow(line: str) -> None:
        children.append(psutil.Process(int(line)))
        cancelled.set()

    with pytest.raises(Cancelled):
        shell(tmp_path, "sleep 600 & echo $!; wait").run(cancelled, follow)

    assert processes.find(tmp_path) == {}
    [child] = children
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
