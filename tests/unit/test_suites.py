"""Suites: a worker that has started the servers of a suite gets the rest of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKERS = ("gw0", "gw1")
TEST = """
import os, time

def test_it():
    with open({log!r}, "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + " {suite}\\n")
    time.sleep(0.05)
"""


def test_each_worker_begins_with_a_suite_and_stays_with_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for suite in ("first", "second"):
        folder = tmp_path / "tests" / suite
        folder.mkdir(parents=True)
        for number in range(6):
            text = TEST.format(log=str(log), suite=suite)
            (folder / f"test_{suite}_{number}.py").write_text(text)
    options = ["-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    plugins = ["-p", "xdist.plugin", "-p", "tests.suites"]
    parallel = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugins, *parallel, str(tmp_path / "tests")],
        cwd=ROOT,
        env={**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "12 passed" in ran.stdout, ran.stdout + ran.stderr
    lines = [line.split() for line in log.read_text().splitlines()]
    of_worker = {name: [suite for worker, suite in lines if worker == name] for name in WORKERS}
    begun = [set(suites[:3]) for suites in of_worker.values()]
    assert sorted(map(sorted, begun)) == [["first"], ["second"]], lines
