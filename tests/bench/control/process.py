"""Process: the wall time, CPU time and peak memory of a command and all its child processes."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from .proxy import Proxy, Request, counted

MB = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """Cost of a command: seconds of wall and CPU time, MB of memory, calls, the emulator's part."""

    seconds: float
    cpu: float
    memory: int
    calls: Counter[str] = field(default_factory=Counter)
    emulator: float = 0  # seconds, summed over calls that can overlap
    call: float = 0  # seconds of the emulator for one call, median
    engine: float = 0  # seconds from the first request to the last response

    @property
    def total(self) -> int:
        """The number of calls."""
        return sum(self.calls.values())


def cost_of(
    command: list[str],
    proxy: Proxy,
    directory: Path,
    environment: dict[str, str],
    codes: tuple[int, ...] = (0,),
) -> Cost:
    """Run a command behind *proxy*; raises SystemExit with its output for another exit code."""
    proxy.take()
    with (directory / "output.log").open("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=directory, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        with _watching(process.pid) as peak:
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if process.returncode not in codes:
            raise SystemExit(f"{' '.join(command)}: {process.returncode}\n{output.read()[-4000:]}")
    requests = proxy.take()
    return Cost(
        seconds,
        usage.ru_utime + usage.ru_stime,
        max(peak[0] // MB, usage.ru_maxrss // 1024),
        counted(requests),
        sum(request.seconds for request in requests),
        median(request.seconds for request in requests) if requests else 0,
        proxy.delay + _between(requests),
    )


def _between(requests: list[Request]) -> float:
    if not requests:
        return 0
    first = min(request.start for request in requests)
    return max(request.start + request.seconds for request in requests) - first


@contextmanager
def _watching(pid: int) -> Iterator[list[int]]:
    """Sample the memory of a process and its child processes; yields the peak in bytes."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.1):
            with suppress(psutil.NoSuchProcess):  # a process has ended
                root = psutil.Process(pid)
                tree = [root, *root.children(recursive=True)]
                peak[0] = max(peak[0], sum(each.memory_info().rss for each in tree))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()
