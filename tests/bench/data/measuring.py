"""Measuring: what a block costs: seconds, CPU, memory of Python and of Java, AWS requests."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dataflowxpress_sandbox.aws.serving import RunningAws
from dataflowxpress_sandbox.aws.spark import fork_server
from tests.bench.server import LOG

MB = 1024 * 1024
INTERVAL = 0.1  # seconds between two samples
EXCLUDED = {b"AWSGlue.StartJobRun", b"AWSGlue.GetJobRun"}  # calls of the benchmark itself


@dataclass
class Cost:
    """Cost of a block: seconds of wall and CPU time, peaks of resident memory in MB, requests."""

    seconds: float = 0
    cpu: float = 0
    python: int = 0  # memory of all Python processes
    java: int = 0  # memory of the JVM
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of calls."""
        return sum(self.calls.values())


class Meter:
    """Measures blocks against an AWS emulator that logs its requests."""

    def __init__(self, aws: RunningAws) -> None:
        self._server = psutil.Process(aws.pid)
        self._log = aws.directory / LOG

    def job(self) -> AbstractContextManager[Cost]:
        """Measure the processes of the running job: its script, its JVM and their children."""
        return self._cost(self._of_job)

    @contextmanager
    def own(self) -> Iterator[Cost]:
        """Measure this process alone; its memory is the growth since the start."""
        process = psutil.Process()
        before = process.memory_info().rss // MB
        with self._cost(lambda: [process]) as cost:
            yield cost
        cost.python -= before

    @contextmanager
    def _cost(self, processes: Callable[[], Iterable[psutil.Process]]) -> Iterator[Cost]:
        cost, sampler = Cost(), _Sampler(processes)
        start, began = self._log.stat().st_size, time.monotonic()
        sampler.start()
        try:
            yield cost
        finally:
            cost.seconds = time.monotonic() - began
            sampler.end()
            cost.cpu, cost.python, cost.java = sampler.cpu, sampler.python, sampler.java
            cost.calls = _calls(self._log, start)

    def _of_job(self) -> list[psutil.Process]:
        children = self._server.children()
        servers = [each for each in children if _is_fork_server(each)]
        forks = [fork for server in servers for fork in server.children()]
        return [each for root in (*filter(_is_java, children), *forks) for each in _tree(root)]


class _Sampler(threading.Thread):
    """Samples processes until `end`."""

    def __init__(self, processes: Callable[[], Iterable[psutil.Process]]) -> None:
        super().__init__()
        self.python = self.java = 0
        self._processes, self._ended = processes, threading.Event()
        self._before: dict[psutil.Process, float] = {}
        self._last: dict[psutil.Process, float] = {}
        self._sample()
        self._before = dict(self._last)

    @property
    def cpu(self) -> float:
        """Seconds of CPU since the start, up to the last sample of each process."""
        return sum(self._last.values()) - sum(self._before.values())

    def run(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._sample()

    def end(self) -> None:
        """Stop, after a last sample."""
        self._ended.set()
        self.join()
        self._sample()

    def _sample(self) -> None:
        memory = Counter[bool]()
        for each in self._processes():
            with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                times = each.cpu_times()
                self._last[each] = times.user + times.system
                memory[_is_java(each)] += each.memory_info().rss // MB
        self.python = max(self.python, memory[False])
        self.java = max(self.java, memory[True])


def _tree(root: psutil.Process) -> Iterator[psutil.Process]:
    yield root
    with suppress(psutil.NoSuchProcess):
        yield from root.children(recursive=True)


def _is_java(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.name() == "java")
    return False


def _is_fork_server(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):  # or a zombie, which is one of them
        return fork_server.__name__ in process.cmdline()
    return False


def _calls(log: Path, start: int) -> dict[str, int]:
    with log.open("rb") as lines:
        lines.seek(start)
        requests = (line.split() for line in lines)
        found = Counter(words[0].decode() for words in requests if words[-1] not in EXCLUDED)
    return dict(found.most_common())
