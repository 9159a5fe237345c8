"""Session: runs the commands of the recording on a sandbox, and returns what they print."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dataflowxpress_sandbox.sandbox import Sandbox

WIDTH = 80  # columns
TIMEOUT = 240  # seconds of a command
MANIFEST = """apiVersion: dataflowxpress.io/v1alpha1
kind: DataPipeline
metadata:
  name: trips
spec:
  trigger:
    batchWindowSeconds: 0
"""
UPLOAD = "trip,city,distance\n1,Porto,4.2\n2,Porto,11\n3,Lyon,0.8\n"
WAIT = "kubectl wait dp/trips --timeout=200s --for"
UPLOADED = "aws s3 cp --only-show-errors trips.csv s3://default-trips-000000000000/csv_data/"


class Command(NamedTuple):
    """A command; one that is not *shown* only waits for the state that the next one needs."""

    line: str
    shown: bool = True


COMMANDS = (
    Command("dataflowxpress plan -f trips.yaml --uploads-per-month 1000 | tail -n 5"),
    Command("kubectl apply -f trips.yaml"),
    Command(f"{WAIT}=condition=Ready", shown=False),
    Command(UPLOADED),
    Command(f"{WAIT}=jsonpath='{{.status.data.objects}}'=1", shown=False),
    Command(f"{WAIT}=jsonpath='{{.status.runs[0].state}}'=SUCCEEDED", shown=False),
    Command(f"{WAIT}=condition=DataCurrent", shown=False),
    Command("dataflowxpress status trips"),
    Command("dataflowxpress cost trips"),
)


def recorded() -> Iterator[tuple[str, str]]:
    """Yield each shown command with its output; raises CalledProcessError if one fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "trips.yaml").write_text(MANIFEST)
        (folder / "trips.csv").write_text(UPLOAD)
        with Sandbox(folder / "sandbox").running() as sandbox:
            environment = _environment(sandbox)
            for command in COMMANDS:
                output = _run(command.line, folder, environment)
                if command.shown:
                    yield command.line, output


def _environment(sandbox: Sandbox) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    terminal = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**inherited, **sandbox.env(), **terminal, "PATH": path}


def _run(line: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    expected = {0, 2} if " plan " in line else {0}  # 2: the plan has changes
    if done.returncode not in expected:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
    return done.stdout
