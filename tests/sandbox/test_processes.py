from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.processes import Process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STUBBORN = "trap '' TERM; while true; do sleep 0.1; done"
_START_ONE_AND_WAIT = """
import pathlib, sys, time
from dataflowxpress_sandbox import processes
processes.start("sleeper", ["sleep", "60"], directory=pathlib.Path(sys.argv[1]))
time.sleep(60)
"""

_START_A_CHILD = """
import os, subprocess, time
from dataflowxpress_sandbox import processes
environment = {**os.environ, **processes.child_environment()}
child = subprocess.Popen(["sleep", "60"], env=environment, start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    processes.stop(tmp_path, timeout=0)


def shell(sandbox: Path, script: str, name: str = "shell") -> Process:
    return processes.start(name, ["sh", "-c", script], directory=sandbox)


def wait_for_output(process: Process, text: str) -> None:
    processes.wait_until(lambda: text in process.log.read_text(), 10, text, process=process)


def runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_process_runs_in_the_background_with_its_output_in_a_log(sandbox: Path) -> None:
    process = shell(sandbox, "echo out; echo err >&2; exec sleep 60")

    wait_for_output(process, "err")

    assert process.alive
    assert process.log == sandbox / "logs" / "shell.log"
    assert process.log.read_text() == "out\nerr\n"
    assert os.getsid(process.pid) == process.pid


def test_it_is_found_by_whoever_knows_the_directory(sandbox: Path) -> None:
    process = shell(sandbox, "exec sleep 60", "one")

    assert processes.find(sandbox) == {"one": process}
    assert processes.find(sandbox / "other") == {}


def test_a_child_in_a_session_of_its_own_is_not_found_as_its_parent_and_ends_with_it(
    sandbox: Path,
) -> None:
    parent = processes.start("one", [sys.executable, "-c", _START_A_CHILD], directory=sandbox)
    wait_for_output(parent, "\n")
    child = psutil.Process(int(parent.log.read_text()))

    assert os.getsid(child.pid) == child.pid
    assert processes.find(sandbox) == {"one": parent}

    parent.stop()

    assert not runs(child)


def test_a_process_that_ended_is_not_alive(sandbox: Path) -> None:
    process = shell(sandbox, "exit 0")

    processes.wait_until(lambda: not process.alive, 10, "end")

    assert processes.find(sandbox) == {}


def test_stopping_lets_a_process_finish_what_it_does(sandbox: Path) -> None:
    process = shell(
        sandbox, "trap 'echo bye; exit' TERM; echo ready; while true; do sleep 0.1; done"
    )
    wait_for_output(process, "ready")

    process.stop()

    assert not process.alive
    assert "bye" in process.log.read_text()


def test_a_process_that_does_not_listen_is_killed(sandbox: Path) -> None:
    process = shell(sandbox, f"echo ready; {_STUBBORN}")
    wait_for_output(process, "ready")

    process.stop(timeout=0.2)

    assert not process.alive


def test_what_a_process_started_ends_with_it(sandbox: Path) -> None:
    process = shell(sandbox, f"({_STUBBORN}) & setsid sleep 60 & echo $! $$; wait")
    wait_for_output(process, str(process.pid))
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]

    process.stop()

    assert len(family) >= 3
    assert not any(runs(each) for each in family)


def test_what_a_dead_process_left_behind_is_ended_as_well(sandbox: Path) -> None:
    process = shell(sandbox, "sleep 60 & echo child $!; wait")
    wait_for_output(process, "child")
    orphan = psutil.Process(int(process.log.read_text().split()[1]))
    os.kill(process.pid, signal.SIGKILL)
    processes.wait_until(lambda: not process.alive, 10, "end")
    assert runs(orphan)

    processes.stop(sandbox)

    assert not runs(orphan)


def test_only_the_named_process_is_stopped(sandbox: Path) -> None:
    one, two = shell(sandbox, "exec sleep 60", "one"), shell(sandbox, "exec sleep 60", "two")

    processes.stop(sandbox, {"one"})

    assert not one.alive
    assert two.alive


def test_stopping_no_names_stops_nothing(sandbox: Path) -> None:
    process = shell(sandbox, "exec sleep 60")

    processes.stop(sandbox, set())

    assert process.alive


def test_a_process_that_has_the_number_of_ours_by_now_is_left_alone(sandbox: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        recycled = Process("etcd", stranger.pid, sandbox)

        assert not recycled.alive
        recycled.stop()

        assert stranger.poll() is None
        stranger.kill()


def test_a_process_of_another_sandbox_is_left_alone(sandbox: Path, tmp_path: Path) -> None:
    other = shell(tmp_path / "other", "exec sleep 60")
    try:
        Process("shell", other.pid, sandbox).stop()

        assert other.alive
    finally:
        other.stop()


def test_a_process_outlives_who_started_it_and_is_found_all_the_same(sandbox: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _START_ONE_AND_WAIT, str(sandbox)]) as starter:
        processes.wait_until(lambda: "sleeper" in processes.find(sandbox), 20, "sleeper")
        starter.kill()
    assert "sleeper" in processes.find(sandbox)

    processes.stop(sandbox)

    assert processes.find(sandbox) == {}


def test_nothing_that_points_to_another_cloud_or_cluster_is_inherited(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("KUBECONFIG", "/production")
    process = processes.start(
        "env", ["sh", "-c", "env; echo end"], directory=sandbox, env={"AWS_REGION": "eu-west-1"}
    )

    processes.wait_until(lambda: "end" in process.log.read_text(), 10, "end")

    assert "production" not in process.log.read_text()
    assert "AWS_REGION=eu-west-1" in process.log.read_text()


def test_a_command_that_does_not_exist_is_an_error(sandbox: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-command"):
        processes.start("none", ["no-such-command"], directory=sandbox)


def test_waiting_ends_at_once_when_the_process_ends_and_says_what_it_said(sandbox: Path) -> None:
    process = shell(sandbox, "echo cannot listen; exit 3")
    began = time.monotonic()

    with pytest.raises(SandboxError, match=r"(?s)ended while.*a server.*cannot listen") as raised:
        processes.wait_until(lambda: False, 60, "a server", process=process)

    assert time.monotonic() - began < 10
    assert str(process.log) in str(raised.value)


def test_waiting_is_bounded_and_says_what_the_process_said_last(sandbox: Path) -> None:
    process = shell(sandbox, "seq 100; echo still waiting; exec sleep 60")
    wait_for_output(process, "still")

    with pytest.raises(
        SandboxError, match=r"Timed out after 0\.1 seconds waiting for a server"
    ) as raised:
        processes.wait_until(lambda: False, 0.1, "a server", process=process)

    assert "still waiting" in str(raised.value)
    assert "\n50\n" not in str(raised.value)
