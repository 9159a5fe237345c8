"""Report: the tables of the comparison, and its bounds with their results."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil

from .chain import Chain
from .process import Cost

OURS, THEIRS = "dataflowxpress", "Terraform"
CREATE, PLAN = "create", "empty plan"


class Run(NamedTuple):
    """One measurement: who did what, with how many added milliseconds for each call."""

    contender: str
    task: str
    milliseconds: int
    cost: Cost


class Bound(NamedTuple):
    """A bound, the measured value, and whether it is met; None if it was not measured."""

    text: str
    found: str
    met: bool | None


@dataclass
class Results:
    """All measurements of the comparison."""

    resources: int
    blocks: int = 0  # the same in Terraform, which has more and smaller resources
    runs: list[Run] = field(default_factory=list)
    chain: Chain = field(default_factory=lambda: Chain(0, 0))
    ready: list[float] | None = None

    def costs(self, contender: str, task: str, milliseconds: int) -> list[Cost]:
        """Return the costs of all rounds."""
        key = (contender, task, milliseconds)
        return [run.cost for run in self.runs if run[:3] == key]

    def best(self, of: str, contender: str, task: str, milliseconds: int) -> float | None:
        """Return the smallest figure of all rounds, because other load only adds to it.

        Return None if it was not measured.
        """
        found = [getattr(cost, of) for cost in self.costs(contender, task, milliseconds)]
        return min(found, default=None)

    def markdown(self) -> str:
        """Return the results as a page."""
        parts = (self._head(), self._table(), [""], self._bounds(), self._calls())
        return "\n".join(line for part in parts for line in part)

    def as_json(self) -> dict[str, Any]:
        """Return all figures."""
        return {
            "machine": machine(),
            "runs": [{**run._asdict(), "cost": vars(run.cost)} for run in self.runs],
            "chain": self.chain._asdict(),
            "ready": self.ready,
            "bounds": [bound._asdict() for bound in self.bounds()],
        }

    def _head(self) -> Iterator[str]:
        yield "# Control plane: one pipeline\n"
        yield "`make bench` writes this page.\n"
        yield from (f"- {name}: {value}" for name, value in machine().items())
        yield f"- resources: {self.resources}; in Terraform: {self.blocks}"
        yield "- seconds: of the fastest round, because other load of the machine only adds\n"

    def _table(self) -> Iterator[str]:
        yield "| added latency | task | | seconds | CPU seconds | peak memory | calls |"
        yield "|---|---|---|---|---|---|---|"
        for milliseconds in dict.fromkeys(run.milliseconds for run in self.runs):
            for task in dict.fromkeys(run.task for run in self.runs):
                for who in (OURS, THEIRS):
                    if costs := self.costs(who, task, milliseconds):
                        yield _row(milliseconds, task, who, costs)

    def _calls(self) -> Iterator[str]:
        for task in (CREATE, PLAN):
            counts = [self._counted(who, task) for who in (OURS, THEIRS)]
            yield f"\n## Calls: {task}\n"
            yield f"| operation | {OURS} | {THEIRS} |"
            yield "|---|---|---|"
            for operation in sorted({*counts[0], *counts[1]}):
                yield f"| {operation} | {counts[0][operation]} | {counts[1][operation]} |"

    def _counted(self, who: str, task: str) -> Counter[str]:
        costs = self.costs(who, task, 0)
        return costs[-1].calls if costs else Counter()

    def _bounds(self) -> Iterator[str]:
        yield "| bound | measured | |"
        yield "|---|---|---|"
        for text, found, met in self.bounds():
            yield f"| {text} | {found} | {'not measured' if met is None else _MARK[met]} |"

    def bounds(self) -> list[Bound]:
        """Return all bounds."""
        return [
            self._ratio("create", CREATE, 0, 40),
            self._most_calls(CREATE, 110),
            self._ratio("empty plan", PLAN, 0, 8),
            self._most_calls(PLAN, 45),
            self._ratio("create with 80 ms for each call", CREATE, 80, 25),
            self._chain_bound(),
            self._ready_bound(),
        ]

    def _ratio(self, text: str, task: str, milliseconds: int, least: int) -> Bound:
        ours, theirs = (self.best("seconds", who, task, milliseconds) for who in (OURS, THEIRS))
        said = f"{text}: at least {least} times as fast as Terraform"
        if ours is None or theirs is None:
            return Bound(said, "", None)
        cpu = [self.best("cpu", who, task, milliseconds) or 0 for who in (OURS, THEIRS)]
        found = f"{theirs / ours:.1f} times; CPU time {cpu[1] / cpu[0]:.1f} times"
        return Bound(said, found, theirs / ours >= least)

    def _most_calls(self, task: str, most: int) -> Bound:
        calls = max(cost.total for cost in self.costs(OURS, task, 0))
        return Bound(f"{task}: at most {most} calls", str(calls), calls <= most)

    def _chain_bound(self) -> Bound:
        costs = self.costs(OURS, CREATE, 80)
        engine = min(cost.engine for cost in costs)
        call = 0.08 + min(cost.call for cost in costs)
        floor = self.chain.seconds(call)
        said = "create with 80 ms: at most 1.5 times the longest chain of dependent calls"
        links = f"{self.chain.calls} calls of {1000 * call:.0f} ms"
        found = f"{engine / floor:.2f} times: {engine:.1f} s of {floor:.1f} s ({links})"
        return Bound(said, found, engine / floor <= 1.5)

    def _ready_bound(self) -> Bound:
        said = "`kubectl apply` to `Ready`: at most 3 s"
        if not self.ready:
            return Bound(said, "", None)
        found = f"{median(self.ready):.1f} s, median of {len(self.ready)}"
        return Bound(said, found, median(self.ready) <= 3)


_MARK = {True: "met", False: "**missed**"}


def _row(milliseconds: int, task: str, who: str, costs: list[Cost]) -> str:
    seconds, cpu = (min(getattr(cost, name) for cost in costs) for name in ("seconds", "cpu"))
    memory, calls = max(c.memory for c in costs), costs[-1].total
    figures = f"{seconds:.1f} | {cpu:.1f} | {memory} MB | {calls}"
    return f"| {milliseconds} ms | {task} | {who} | {figures} |"


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    cores, memory = os.cpu_count(), psutil.virtual_memory().total / 2**30
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{_processor()}, {cores} cores, {memory:.0f} GB, {platform.system()}",
        "load averages at the end": load,
        "Python": platform.python_version(),
        **{name: version(name) for name in ("dataflowxpress", "boto3", "ministack")},
        "Terraform": _terraform(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _terraform() -> str:
    if not shutil.which("terraform"):
        return "not installed"
    said = subprocess.run(["terraform", "version"], capture_output=True, text=True, check=True)
    return f"{said.stdout.splitlines()[0]}, provider hashicorp/aws 5.100"
