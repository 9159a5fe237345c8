"""Soak: many pipelines change for a long time under faults; all of it converges, nothing leaks."""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import psutil
import pytest

from dataflowxpress_sandbox.aws.faults import Faults
from tests.cluster.changes import PREFIX, Changes
from tests.cluster.conftest import Operator, Operators
from tests.cluster.frozen import Proxy, before_the_api_server
from tests.e2e.conftest import User

MINUTES = float(os.environ.get("SOAK_MINUTES") or 60)
PIPELINES = int(os.environ.get("SOAK_PIPELINES") or 200)
SEED = int(os.environ.get("SOAK_SEED") or 1)
UNCONVERGED = 20  # pipelines at most that wait for the operator, before the next change
TIMEOUT = 1800.0  # seconds after the last fault in which everything must have converged
WARM = 30  # minutes after whose first quarter the operator's thread pools are full
SAMPLE = 10.0  # seconds between two looks at memory and threads
FREEZE = 120.0  # seconds between two outages of the API server's connections
OPERATOR = "*:user/*"
SERVICES = ("s3", "sqs", "sns", "iam", "lambda", "glue", "events", "logs", "cloudwatch")
KINDS: list[dict[str, Any]] = [
    {"kind": "throttle", "rate": 0.05},
    {"kind": "fail", "rate": 0.02},
    {"kind": "lose", "rate": 0.01},
    {"kind": "delay", "rate": 0.02, "seconds": 2},
]
MB = 1024 * 1024

pytestmark = [pytest.mark.extended, pytest.mark.timeout(3 * 3600)]


@dataclass
class Usage:
    """Memory and threads of an operator over time."""

    operator: Operator
    megabytes: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    _due: float = 0.0

    def sample(self) -> None:
        """Look, unless the last look was just now."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + SAMPLE
        process = psutil.Process(self.operator.process.pid)
        self.megabytes.append(process.memory_info().rss / MB)
        self.threads.append(process.num_threads())

    def quarter(self, number: int) -> tuple[float, float]:
        """Return the medians of memory and threads in a quarter of the time, from 0."""
        length = len(self.threads) // 4
        part = slice(number * length, (number + 1) * length)
        return statistics.median(self.megabytes[part]), statistics.median(self.threads[part])


def test_many_changes_under_faults_converge_and_memory_and_threads_stay_flat(
    user: User, start: Operators, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = Faults(user.cloud)
    changes = Changes(user, PIPELINES, random.Random(SEED))  # noqa: S311 - to be repeated
    with before_the_api_server(user, tmp_path) as (proxy, kubeconfig):
        # As in the image: otherwise the heaps of many threads grow by 35 MB an hour.
        operator = start(KUBECONFIG=str(kubeconfig), MALLOC_ARENA_MAX="2")
        usage = Usage(operator)
        with weather(faults):
            _change(changes, usage, proxy)
        _converge(changes, operator)
        assert _jobs(user) == changes.specs.keys()
        for name in list(changes.specs):
            changes.delete(name)
        _converge(changes, operator)
    assert _jobs(user) == set()
    assert not operator.ended(), operator.process.tail()
    with capsys.disabled():
        sys.stdout.write(_report(changes, usage, faults))
    if MINUTES >= WARM:
        (early, few), (late, many) = usage.quarter(1), usage.quarter(3)
        assert late <= early * 1.1 + 5
        assert many <= few * 1.1 + 5


@contextmanager
def weather(faults: Faults) -> Iterator[None]:
    """Let AWS refuse, delay and lose calls of the operator during the block."""
    for kind, service in product(KINDS, SERVICES):
        faults.set(**kind, on=f"{service}:*", caller=OPERATOR)
    faults.set("lag", "iam:*", caller=OPERATOR, rate=0.1, seconds=5)
    try:
        yield
    finally:
        faults.clear()


def _change(changes: Changes, usage: Usage, proxy: Proxy) -> None:
    end, freeze = time.monotonic() + 60 * MINUTES, time.monotonic() + FREEZE
    while time.monotonic() < end:
        usage.sample()
        if time.monotonic() > freeze:
            proxy.freeze()
            freeze += FREEZE
        unconverged = changes.unconverged()
        if len(unconverged) >= UNCONVERGED:
            time.sleep(1)
        else:
            changes.one()


def _converge(changes: Changes, operator: Operator) -> None:
    deadline = time.monotonic() + TIMEOUT
    while left := changes.unconverged():
        if time.monotonic() > deadline:
            about = {name: left[name] for name in sorted(left)[:3]}
            pytest.fail(f"{len(left)} not converged: {about}{operator.process.tail()}")
        time.sleep(1)


def _jobs(user: User) -> set[str]:
    """Return the pipelines of the jobs in AWS; other tests leave jobs of theirs."""
    pages = user.aws("glue").get_paginator("get_jobs").paginate()
    names = {job["Name"].removeprefix("default-") for page in pages for job in page["Jobs"]}
    return {name for name in names if name.startswith(PREFIX)}


def _report(changes: Changes, usage: Usage, faults: Faults) -> str:
    struck = Counter(str(strike["kind"]) for strike in faults.strikes())
    lines = [f"\n{changes.made} changes to {PIPELINES} pipelines in {MINUTES:.0f} min; {struck}"]
    for number in range(4):
        megabytes, threads = usage.quarter(number)
        lines.append(f"quarter {number + 1}: {megabytes:.0f} MB, {threads:.0f} threads")
    lines.append(f"at most {max(usage.megabytes):.0f} MB and {max(usage.threads)} threads")
    return "\n".join(lines) + "\n"
