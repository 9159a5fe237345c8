"""Measurement: the phases of a fleet: creation, rest, and a restart with a change meanwhile."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import psutil

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.sandbox import Sandbox

from .cluster import Fleet
from .operator_process import Operator, Usage, operator

SCRAPE = 15.0  # seconds; with 1,000 pipelines, a scrape is half a second of the operator's CPU
SETTLE = 5.0  # seconds until the memory of an operator without pipelines is stable
LAST = "fleet-{:04d}"


class Sample(NamedTuple):
    """The operator at one moment."""

    seconds: float  # since the start of the measurement
    megabytes: int
    cpu: float  # seconds


@dataclass
class Phase:
    """The cost of one phase."""

    name: str
    seconds: float = 0
    cpu: float = 0  # of the operator
    emulator_cpu: float = 0
    calls: int = 0
    peak_calls: float = 0  # a second, over the busiest time between two scrapes
    work: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    changed: int = 0  # pipelines with another spec or status, but for the time of a comparison


@dataclass
class Measurement:
    """All figures of a fleet."""

    sandbox: Sandbox
    fleet: Fleet
    pipelines: int
    resync: str
    rest: float
    options: list[str]
    resources: int = 0
    idle: int = 0  # MB, of an operator without pipelines
    change: float = 0  # seconds from a change to Ready, during the restart's resync
    phases: dict[str, Phase] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    rest_ended: float = 0  # seconds since the start
    began: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        """Measure all phases; raises SystemExit if a pipeline is not ready at an end."""
        with operator(self.sandbox, "first", self.options) as first, self._sampling(first):
            time.sleep(SETTLE)
            self.idle = first.megabytes
            with self._phase("creation", first) as creation:
                since = time.time()
                self.fleet.create(self.pipelines, self.resync)
                self._until_all_are_compared(creation, first, since)
            self._expect_ready()
            self.resources = self.fleet.resources()
            with self._phase("rest", first) as rest:
                end = time.time() + self.rest
                _watch(rest, first, lambda usage: usage.time >= end, "the fleet rests")
            self.rest_ended = time.monotonic() - self.began
        with operator(self.sandbox, "second", self.options) as second, self._sampling(second):
            with self._phase("restart", second) as restart:
                since = time.time()
                second.until(lambda: bool(second.usage().work), "a comparison has ended", 1)
                self.change = self.fleet.change(LAST.format(self.pipelines - 1))
                self._until_all_are_compared(restart, second, since)
            self._expect_ready()

    def _until_all_are_compared(self, phase: Phase, running: Operator, since: float) -> None:
        def compared(usage: Usage) -> bool:
            return usage.compared(since) >= self.pipelines

        _watch(phase, running, compared, "all pipelines are compared")

    def _expect_ready(self) -> None:
        if found := self.fleet.not_ready():
            raise SystemExit(f"not ready: {', '.join(found)}")

    @contextmanager
    def _phase(self, name: str, running: Operator) -> Iterator[Phase]:
        phase, aws = Phase(name), processes.find(self.sandbox.directory)["aws"]
        before, emulator = running.usage(), _cpu(aws.pid)
        requests, contents = self.fleet.requests(), self.fleet.contents()
        yield phase
        after = running.usage()
        phase.seconds, phase.cpu = after.time - before.time, after.cpu - before.cpu
        phase.emulator_cpu = _cpu(aws.pid) - emulator
        phase.calls, phase.work = after.calls - before.calls, after.work - before.work
        phase.requests = self.fleet.requests() - requests
        now = self.fleet.contents()
        phase.changed = sum(content != contents.get(name) for name, content in now.items())
        self.phases[name] = phase
        print(f"{name}: {phase}", flush=True)

    @contextmanager
    def _sampling(self, running: Operator) -> Iterator[None]:
        ended = threading.Event()

        def sample() -> None:
            while not ended.wait(1):
                seconds = time.monotonic() - self.began
                self.samples.append(Sample(seconds, running.megabytes, running.cpu))

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _watch(phase: Phase, running: Operator, ended: Callable[[Usage], bool], what: str) -> None:
    """Wait for the end of a phase, and find its busiest time."""
    before = running.usage()

    def reached() -> bool:
        nonlocal before
        now = running.usage()
        rate = (now.calls - before.calls) / (now.time - before.time)
        phase.peak_calls, before = max(phase.peak_calls, rate), now
        return ended(now)

    running.until(reached, what, SCRAPE)
