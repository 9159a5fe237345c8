"""promtool finds no problem in rules and metrics."""

from __future__ import annotations

import subprocess
import urllib.request

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.probe import HOST
from tests.observability.conftest import Watched
from tests.observability.prometheus import CHART, program


def promtool(*arguments: str, given: bytes = b"") -> str:
    """Return the output of promtool; fails if promtool reports a problem."""
    command = [program("promtool"), "check", *arguments]
    done = subprocess.run(command, input=given, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return (done.stdout + done.stderr).decode()


def test_the_rules_are_valid() -> None:
    assert "SUCCESS" in promtool("rules", "--lint=all", "--lint-fatal", str(CHART / "alerts.yaml"))


def test_the_metrics_are_valid(watched: Watched, flow: str) -> None:
    series = f'name="{flow}"'.encode()
    processes.wait_until(lambda: series in scrape(watched), 60, "metrics of the pipeline")
    assert promtool("metrics", given=scrape(watched)) == ""


def scrape(watched: Watched) -> bytes:
    address = f"http://{HOST}:{watched.operator.port}/metrics"
    with urllib.request.urlopen(address, timeout=30) as answer:
        text: bytes = answer.read()
    return text
