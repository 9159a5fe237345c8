"""Fleet: the cost of an operator with many pipelines. `make bench-fleet N=1000`."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataflowxpress_sandbox.sandbox import Sandbox

from . import plot, report
from .cluster import fleet
from .measurement import Measurement

RESULTS = Path(__file__).parents[1] / "results"


@contextmanager
def measured(pipelines: int, resync: str, rest: float, options: list[str]) -> Iterator[Measurement]:
    """Yield the figures of a fleet on a sandbox of its own."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "sandbox", operator=False)
        with sandbox.running(), fleet(sandbox) as pipelines_of:
            found = Measurement(sandbox, pipelines_of, pipelines, resync, rest, options)
            found.run()
            yield found


def main() -> None:
    """Measure; further arguments are passed to the operator."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--pipelines", type=int, default=1000)
    parser.add_argument("--resync", default="10m", help="resync interval of the pipelines")
    parser.add_argument("--rest", type=float, default=900, help="seconds at rest")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked, options = parser.parse_known_args()
    with measured(asked.pipelines, asked.resync, asked.rest, options) as found:
        page = report.markdown(found)
        print(page)
        asked.results.mkdir(exist_ok=True)
        (asked.results / "fleet.md").write_text(f"{page}\n")
        (asked.results / "fleet.json").write_text(json.dumps(report.as_json(found), indent=1))
        title = f"Memory of the operator with {asked.pipelines} pipelines; dashed: the bound"
        (asked.results / "fleet-memory.svg").write_text(plot.memory(found.samples, title))


if __name__ == "__main__":
    main()
