"""A Spark process: its number stays its own until its group is killed."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

from dataflowxpress_sandbox.aws import Aws
from dataflowxpress_sandbox.aws.credentials import Credentials
from dataflowxpress_sandbox.aws.spark.jvms import Jvms
from dataflowxpress_sandbox.aws.spark.process import Running, Workspace
from dataflowxpress_sandbox.processes import wait_until

LEAVES_A_CHILD = """
import os, subprocess
print(os.getpid(), subprocess.Popen(["sleep", "600"]).pid, flush=True)
"""
STAYS = "import time; print(0, flush=True); time.sleep(600)"


def start(folder: Path, script: str) -> Running:
    (folder / "tmp").mkdir()
    nobody = Credentials(Aws(1), "key", "secret", "token")
    return Workspace(nobody, folder).start(Jvms(folder), ["-c", script], {}, {})


def test_who_has_ended_keeps_its_number_until_what_it_left_behind_is_killed(
    tmp_path: Path,
) -> None:
    ran = start(tmp_path, LEAVES_A_CHILD)
    assert ran.ends(60), "it closes its files, a moment before it is dead"
    ended, left = map(psutil.Process, map(int, (tmp_path / "output.log").read_text().split()))
    wait_until(lambda: ended.status() == psutil.STATUS_ZOMBIE, 20, "dead and not waited for")
    assert ran.kill() == 0, "it had ended well before"
    assert left.wait(10) is None
    assert not ended.is_running()
    assert ran.kill() == 0, "and again, when its number may be somebody else's"


def test_who_stays_is_killed(tmp_path: Path) -> None:
    ran = start(tmp_path, STAYS)
    assert not ran.ends(0.1)
    assert ran.kill() == -signal.SIGKILL
