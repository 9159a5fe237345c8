"""Control plane: the cost of one pipeline, beside Terraform. `make bench`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from dataflowxpress_sandbox.aws import environment
from dataflowxpress_sandbox.aws.serving import serving

from . import contenders
from .chain import Chain, chain
from .contenders import TASKS, Engine, Terraform
from .proxy import Proxy, proxied
from .ready import seconds_to_ready
from .report import Results, Run

RESULTS = Path(__file__).parents[1] / "results"
LATENCIES = (0, 80)  # milliseconds


def compare(directory: Path, rounds: int) -> Results:
    """Measure all contenders, in turns."""
    results = Results(len(contenders.resources()))
    with serving(directory) as aws, proxied(aws.endpoint) as proxy:
        variables = {**environment(aws.port), "AWS_ENDPOINT_URL": proxy.endpoint}
        found = [*contenders.contenders(directory, variables)]
        if len(found) == 1:
            print("Terraform is not installed: only dataflowxpress is measured", flush=True)
        for each in found:
            if isinstance(each, Terraform):
                results.blocks = each.prepare()
        results.chain = _chain(next(each for each in found if isinstance(each, Engine)), proxy)
        for milliseconds in LATENCIES:
            proxy.delay = milliseconds / 1000
            for number in range(rounds):
                for each in found if number % 2 == 0 else reversed(found):
                    _measure(each, proxy, results)
    return results


def _measure(contender: Engine | Terraform, proxy: Proxy, results: Results) -> None:
    for task in TASKS:
        cost = contender.run(task, proxy)
        results.runs.append(Run(contender.name, task, round(1000 * proxy.delay), cost))
        figures = f"{cost.seconds:.2f} s, {cost.cpu:.2f} s of CPU, {cost.total} calls"
        print(f"{1000 * proxy.delay:.0f} ms, {contender.name}, {task}: {figures}", flush=True)


def _chain(engine: Engine, proxy: Proxy) -> Chain:
    """Create the pipeline with a record of all calls; it is also what loads the emulator's code."""
    trace = engine.directory / "trace.jsonl"
    traced = Engine(
        engine.directory,
        engine.environment,
        program=(sys.executable, "-m", "tests.bench.control.traced", str(trace)),
    )
    traced.environment["PYTHONPATH"] = str(Path(__file__).parents[3])
    traced.run("create", proxy)
    found = chain(trace)
    engine.run("delete", proxy)
    return found


def main() -> None:
    """Compare, print the tables, and write them to tests/bench/results."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pipelines", type=int, default=5, help="applied one by one, to Ready")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = compare(Path(folder), asked.rounds)
    results.ready = seconds_to_ready(asked.pipelines)
    print(results.markdown())
    asked.results.mkdir(exist_ok=True)
    (asked.results / "control.md").write_text(f"{results.markdown()}\n")
    (asked.results / "control.json").write_text(json.dumps(results.as_json(), indent=1))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        raise SystemExit(f"{failed}\n{failed.stderr or ''}") from failed
