"""Shards: how fleets of operators behave under AWS' rates, in virtual time. `make bench-shards`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from .simulation import Fleet, Model, Simulation, TaskCost

RESULTS = Path(__file__).parents[1] / "results"

# CPU time as `make bench-fleet` measures it; calls as tests count them, also of a poll after the
# comparison. The chains are those of the code: a comparison reads with 16 threads. Most polls list
# manifests and uploads; one in five is a full one, which reads three services at the same time.
COMPARISON, POLL = TaskCost(calls=66, chain=9, cpu=0.15), TaskCost(calls=4, chain=3, cpu=0.03)
SHARED = TaskCost(
    calls=18, chain=6, cpu=0.04
)  # a comparison that shares what it reads, and its poll
FLEETS = (
    Fleet(200, 1, 1),
    Fleet(1_000, 1, 1),
    Fleet(1_000, 1, 10),
    Fleet(10_000, 20, 100, "label"),
    Fleet(10_000, 20, 100, "account"),
    Fleet(10_000, 20, 100, "namespace"),
)


def table(models: dict[str, Model], seconds: float, processes: int) -> Iterator[str]:
    """Yield the lines of the table; simulates several fleets at the same time."""
    yield (
        "| comparison | pipelines | operators | accounts | shards by | calls a second and account"
        " | busiest core | longest wait | a user's change |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    cases = [(name, model, fleet) for name, model in models.items() for fleet in FLEETS]
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_row, *zip(*cases, strict=True), repeat(seconds))


def _row(name: str, model: Model, fleet: Fleet, seconds: float) -> str:
    found = Simulation(fleet, model).run(seconds)
    slowest = f"{max(found.changes):.1f} s" if found.changes else "not finished"
    return (
        f"| {name} | {fleet.pipelines:,} | {fleet.shards} | {fleet.accounts} | {fleet.by}"
        f" | {found.calls:.1f} | {found.busiest_core:.0%} | {found.longest_wait:.0f} s"
        f" | {slowest} |"
    )


def main() -> None:
    """Simulate, print the table, and write it to tests/bench/results."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="virtual time")
    parser.add_argument("--rate", type=float, default=100, help="calls a second of an account")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    models = {
        "alone": Model(COMPARISON, POLL, rate=asked.rate),
        "shared": Model(SHARED, POLL, rate=asked.rate),
    }
    start, lines = time.monotonic(), []
    for line in table(models, asked.seconds, asked.processes):
        print(line, flush=True)
        lines.append(line)
    print(f"{time.monotonic() - start:.0f} s")
    page = ["# Shards: simulated\n", "`make bench-shards` writes this page.\n", *lines]
    asked.results.mkdir(exist_ok=True)
    (asked.results / "shards.md").write_text("\n".join([*page, ""]))


if __name__ == "__main__":
    main()
