"""Fleet: cost of an operator with many pipelines during creation, at rest and after a restart."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubernetes import config
from kubernetes.client import CustomObjectsApi

from dataflowxpress.api.annotations import PAUSED
from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress_sandbox import aws, processes
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.processes import Process
from dataflowxpress_sandbox.sandbox import Sandbox
from dataflowxpress_sandbox.state import SandboxState
from tests.scrape import Metrics

NAMESPACE = "default"
MB = 1024 * 1024
PATIENCE = 3600  # seconds; the duration is the result of the measurement
_KIND = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND}
CONVERGED = "dataflowxpress_pipeline_last_converged_timestamp_seconds"


@dataclass(frozen=True)
class Operator:
    """An operator in a separate process, and its metrics."""

    process: Process
    metrics: Metrics

    @property
    def megabytes(self) -> int:
        return self.process.memory // MB

    @property
    def calls(self) -> int:
        return self.metrics.calls().total()

    @property
    def cpu(self) -> float:
        return self.metrics.total("process_cpu_seconds_total")

    @property
    def work(self) -> Counter[str]:
        """Count tasks by task and outcome."""
        done = self.metrics.series("dataflowxpress_reconciliation_duration_seconds_count")
        return Counter({f"{x['task']} {x['outcome']}": int(value) for x, value in done if value})

    def compared(self, since: float) -> int:
        """Count the pipelines that matched AWS after a given time."""
        return sum(moment > since for _, moment in self.metrics.series(CONVERGED))


@dataclass
class Fleet:
    """Pipelines in a sandbox, and the operators that reconcile them in turn."""

    sandbox: Sandbox
    options: list[str]
    pipelines: int
    paused: int
    rest: float
    state: SandboxState = field(default_factory=SandboxState)

    @contextmanager
    def operator(self, name: str) -> Iterator[Operator]:
        """Run an operator during the block."""
        self.state.choose_port(name)
        address, cloud = f"{HOST}:{self.state.ports[name]}", self.sandbox.env()["AWS_ENDPOINT_URL"]
        command = [sys.executable, "-m", "dataflowxpress", "operator", *self.options]
        process = processes.start(
            name,
            [*command, "--metrics", address],
            directory=self.sandbox.directory,
            env=aws.operator_environment(int(cloud.rpartition(":")[2]))
            | {"KUBECONFIG": str(self.sandbox.kubeconfig), "MALLOC_ARENA_MAX": "2"},  # as the image
        )
        try:
            _until(lambda: "leading" in process.log.read_text(), "the operator works", process)
            yield Operator(process, Metrics(address))
        finally:
            process.stop()

    def measure(self) -> None:
        """Print the cost of creating the pipelines, and of a restart."""
        with self.operator("first") as operator:
            time.sleep(5)  # until memory is stable
            print(f"no pipeline: {operator.megabytes} MB", flush=True)
            began = time.time()
            self._make()
            self._compared(operator, began, "created")
        self._copy()
        with self.operator("second") as operator:
            self._compared(
                operator, time.time(), "compared after a restart", self.pipelines + self.paused
            )

    def _make(self) -> None:
        with config.new_client_from_config(str(self.sandbox.kubeconfig)) as client:
            objects = CustomObjectsApi(client)
            for number in range(self.pipelines):
                body = {
                    **_KIND,
                    "metadata": {"name": f"fleet-{number:04d}"},
                    "spec": {
                        "suspend": True
                    },  # otherwise the emulator is busy with polling all queues
                }
                objects.create_namespaced_custom_object(GROUP, VERSION, NAMESPACE, PLURAL, body)

    def _copy(self) -> None:
        """Create paused copies with a complete status; they cause no AWS calls."""
        with config.new_client_from_config(str(self.sandbox.kubeconfig)) as client:
            objects = CustomObjectsApi(client)
            where = (GROUP, VERSION, NAMESPACE, PLURAL)
            model: Any = objects.get_namespaced_custom_object(*where, "fleet-0000")
            for number in range(self.paused):
                name = f"paused-{number:04d}"
                about = {"name": name, "annotations": {PAUSED: "true"}}
                body = {**_KIND, "metadata": about, "spec": model["spec"]}
                objects.create_namespaced_custom_object(*where, body)
                status = {"status": model["status"]}
                objects.patch_namespaced_custom_object_status(*where, name, status)

    def _compared(
        self, operator: Operator, since: float, how: str, pipelines: int | None = None
    ) -> None:
        most, pipelines = 0, pipelines or self.pipelines

        def all_of_them() -> bool:
            nonlocal most
            most = max(most, operator.megabytes)
            return operator.compared(since) >= pipelines

        _until(all_of_them, f"all are {how}", operator.process)
        took = f"{time.time() - since:.0f} s, {operator.cpu:.0f} s of CPU, {operator.calls} calls"
        print(f"{pipelines} {how}: {took}, at most {most} MB", flush=True)
        cpu, calls, work = operator.cpu, operator.calls, operator.work
        time.sleep(self.rest)
        used = 1000 * (operator.cpu - cpu) / self.rest
        print(
            f"at rest for {self.rest:.0f} s: {operator.megabytes} MB, {used:.0f} m of a CPU,"
            f" {operator.calls - calls} calls ({dict(operator.work - work)})",
            flush=True,
        )


def _until(what: Callable[[], bool], words: str, process: Process) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline or not process.alive:
            raise SystemExit(f"not: {words}.{process.tail()}")
        time.sleep(1)


def main() -> None:
    """Measure; further arguments are passed to the operator."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--pipelines", type=int, default=1000)
    parser.add_argument(
        "--paused", type=int, default=0, help="additional pipelines after the restart"
    )
    parser.add_argument("--rest", type=float, default=120)
    asked, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "sandbox", operator=False)
        with sandbox.running():
            Fleet(sandbox, options, asked.pipelines, asked.paused, asked.rest).measure()


if __name__ == "__main__":
    main()
