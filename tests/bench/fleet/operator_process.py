"""Operator process: an operator on a sandbox, and its cost by its own metrics."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from dataflowxpress_sandbox import aws, processes
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.processes import Process
from dataflowxpress_sandbox.sandbox import Sandbox
from dataflowxpress_sandbox.state import SandboxState
from tests.scrape import Metrics

MB = 1024 * 1024
TIMEOUT = 7200  # seconds; the duration is a result of the measurement
CONVERGED = "dataflowxpress_pipeline_last_converged_timestamp_seconds"
WORK = "dataflowxpress_reconciliation_duration_seconds_count"


class Usage(NamedTuple):
    """What an operator has used and done since its start."""

    time: float
    cpu: float  # seconds
    calls: int
    work: Counter[str]  # tasks by task and outcome
    converged: list[float]  # when each pipeline matched AWS last

    def compared(self, since: float) -> int:
        """Count the pipelines that matched AWS after a given time."""
        return sum(moment > since for moment in self.converged)


@dataclass(frozen=True)
class Operator:
    """An operator in a separate process, and its metrics."""

    process: Process
    metrics: Metrics

    @property
    def megabytes(self) -> int:
        """The resident memory."""
        return self.process.memory // MB

    @property
    def cpu(self) -> float:
        """The CPU time in seconds."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def usage(self) -> Usage:
        """Return the usage; before the first call of AWS, there are no calls to count."""
        moment, cpu, found = time.time(), self.cpu, self.metrics.scrape()
        return Usage(
            moment,
            cpu,
            sum(int(value) for _, value in found["dataflowxpress_aws_requests_total"]),
            Counter({f"{x['task']} {x['outcome']}": int(n) for x, n in found[WORK] if n}),
            [value for _, value in found[CONVERGED]],
        )

    def until(self, what: Callable[[], bool], words: str, every: float) -> None:
        """Wait, and look after *every* so many seconds.

        Raises SystemExit with the operator's last lines if it ends, or after `TIMEOUT`.
        """
        deadline = time.monotonic() + TIMEOUT
        time.sleep(every)
        while not what():
            if time.monotonic() > deadline or not self.process.alive:
                raise SystemExit(f"not: {words}.{self.process.tail()}")
            time.sleep(every)


@contextmanager
def operator(sandbox: Sandbox, name: str, options: list[str]) -> Iterator[Operator]:
    """Run an operator during the block."""
    state = SandboxState()
    state.choose_port(name)
    address, cloud = f"{HOST}:{state.ports[name]}", sandbox.env()["AWS_ENDPOINT_URL"]
    command = [sys.executable, "-m", "dataflowxpress", "operator", *options]
    process = processes.start(
        name,
        [*command, "--metrics", address],
        directory=sandbox.directory,
        env=aws.operator_environment(int(cloud.rpartition(":")[2]))
        | {"KUBECONFIG": str(sandbox.kubeconfig), "MALLOC_ARENA_MAX": "2"},  # as the image
    )
    try:
        running = Operator(process, Metrics(address))
        running.until(lambda: "leading" in process.log.read_text(), "the operator works", 1)
        yield running
    finally:
        process.stop()
