"""Data: the cost of converting objects, beside plain Spark. `make bench-data`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest import mock

from tests.bench.server import logging_aws

from .history import history
from .report import RESULTS, Results, Row
from .workloads import Bench

FULL = {"_JAVA_OPTIONS": "-XX:TieredStopAtLevel=4"}  # overrides the options of the sandbox's JVM
Workload = Callable[[Bench], Iterator[Row]]


def workloads(asked: argparse.Namespace) -> dict[str, tuple[Workload, Mapping[str, str]]]:
    """Return each workload by its name, with environment variables of its emulator."""
    quick, full = "quick compiler", "full compiler"
    return {
        "one": (lambda bench: bench.small(1), {}),
        "many": (lambda bench: bench.small(1_000), {}),
        "most": (lambda bench: bench.small(asked.objects), {}),
        "large": (lambda bench: bench.large(200, quick), {}),
        "large-full": (lambda bench: bench.large(200, full), FULL),
        "largest": (lambda bench: bench.large(asked.megabytes, full), FULL),
        "tables": (lambda bench: bench.tables(asked.tables), {}),
        "replaced": (lambda bench: bench.replaced(1_000, 10), {}),
        "runs": (lambda bench: bench.runs(asked.runs, 10), {}),
        "wide": (lambda bench: bench.wide(asked.columns), {}),
        "history": (
            lambda bench: history(bench.aws, bench.scratch, asked.known, asked.manifests),
            {},
        ),
    }


def main() -> None:
    """Run workloads, each on an emulator of its own; replace their rows in the results."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("what", nargs="*", help="names of workloads; all by default")
    parser.add_argument("--objects", type=int, default=10_000, help="of the workload 'most'")
    parser.add_argument("--megabytes", type=int, default=2048, help="of 'largest'")
    parser.add_argument("--tables", type=int, default=68)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--columns", type=int, default=1_500, help="of 'wide'")
    parser.add_argument("--known", type=int, default=100_000, help="objects of 'history'")
    parser.add_argument("--manifests", type=int, default=10_000, help="of 'history'")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()

    known = workloads(asked)
    if unknown := {*asked.what} - {*known}:
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    results = Results(asked.results)
    if not asked.what:
        results.rows.clear()
    for what in asked.what or known:
        workload, environment = known[what]
        with mock.patch.dict(os.environ, environment), logging_aws() as (aws, folder):
            results.replace(workload(Bench(aws, folder)))


if __name__ == "__main__":
    main()
