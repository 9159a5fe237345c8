"""Sandbox: Kubernetes, AWS and the operator, brought up and taken down together."""

from __future__ import annotations

import contextlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox import aws, environment, lock, parallel, private, processes
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.guard import guarded
from dataflowxpress_sandbox.kube import binaries, crd, kubeconfig
from dataflowxpress_sandbox.kube.kubernetes import Kubernetes
from dataflowxpress_sandbox.probe import HOST, answers
from dataflowxpress_sandbox.program import Program
from dataflowxpress_sandbox.progress import Progress
from dataflowxpress_sandbox.state import SandboxState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event
    from typing import Self

    from dataflowxpress_sandbox.processes import Process

DIRECTORY = Path(".sandbox")
TENANT_POLICY = Path(__file__).with_name("tenant-policy.yaml")
_PARTS = {"etcd", "kube-apiserver", "aws", "operator"}
_SECONDS = 60.0


@dataclass(frozen=True)
class Part:
    """One process of a sandbox: `process` is None when it has ended."""

    name: str
    port: int
    process: Process | None


class Sandbox:
    """All of a sandbox, in one directory: `state.json`, `env`, `kubeconfig`, logs, data, mails.

    `context` names a cluster of the user's own kubeconfig to use instead of starting one.
    `operator=False` leaves the operator to who runs it in a debugger, `aws=False` starts neither.
    """

    operator: ClassVar[tuple[str, ...]] = (  # the command that starts it
        sys.executable,
        "-m",
        "dataflowxpress",
        "operator",
        "--log-format",
        "full",
        "--poll-interval",
        "2",
        "--tenant-policy",
        str(TENANT_POLICY),
    )

    def __init__(
        self,
        directory: Path = DIRECTORY,
        *,
        context: str | None = None,
        aws: bool = True,
        operator: bool = True,
        progress: Progress | None = None,
    ) -> None:
        self.directory = directory.resolve()
        self.kubeconfig = self.directory / "kubeconfig"
        self._context = context
        self._with_aws = aws
        self._with_operator = aws and operator
        self._progress = progress or Progress()

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        """Bring it up for the length of a `with` block, or until this process is killed."""
        with guarded(self.directory):
            self.up()
            try:
                yield self
            finally:
                self.down()

    def up(self) -> None:
        """Start what does not run yet, and return when all of it is ready.

        Raises SandboxError when that cannot be. Then, and on ctrl-C, what it started is ended.
        """
        state = self._claim()
        with lock.held(self.directory / "lock"):
            before = self._running()
            try:
                self._start(state)
            except BaseException:
                processes.stop(self.directory, _PARTS - before.keys(), timeout=0)
                raise

    def down(self) -> None:
        """Stop every process and remove the directory."""
        self._refuse_what_is_no_sandbox()
        processes.stop(self.directory, {"operator"})
        processes.stop(self.directory, {"aws", "kube-apiserver"})
        processes.stop(self.directory)
        if self.directory.exists():
            shutil.rmtree(self.directory)

    def status(self) -> list[Part]:
        """Return its parts, in the order in which they were first started."""
        ports, running = self._state().ports, self._running()
        return [Part(name, port, running.get(name)) for name, port in ports.items()]

    def env(self) -> dict[str, str]:
        """Return the environment of an administrator of its Kubernetes and its AWS."""
        self.must_exist()
        port = self._state().ports.get("aws")
        account = environment.variables(self.directory, aws.environment(port)) if port else {}
        return {"KUBECONFIG": str(self.kubeconfig), **account}

    def shell(self) -> str:
        """Return that environment as `export` and `unset` lines for a shell."""
        return environment.shell(self.directory, self.env())

    def must_exist(self) -> None:
        """Raise SandboxError if the directory holds no sandbox."""
        if not self._state_file.exists():
            raise SandboxError(
                f"There is no sandbox in {self.directory}. Change to the folder that holds"
                " .sandbox, or give --dir; `dataflowxpress sandbox up` starts a sandbox."
            )

    def _claim(self) -> SandboxState:
        self._refuse_what_is_no_sandbox()
        state = self._state()
        if self._state_file.exists() and self._context not in (None, state.context):
            ours = f"context {state.context}" if state.context else "a cluster of its own"
            raise SandboxError(f"The sandbox in {self.directory} uses {ours}: take it down first.")
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        state.context = self._context or state.context
        if state.context:
            kubeconfig.extract(state.context, self.kubeconfig)
        self._save(state)
        (self.directory / ".gitignore").write_text("*\n")
        return state

    def _start(self, state: SandboxState) -> None:
        assets = self._prepare(state)
        # AWS and Kubernetes start at the same time.
        cloud = self._start_aws(state) if self._with_aws else None
        if assets:
            self._start_kubernetes(state, assets)
        with self._progress.step("the DataPipeline kind"):
            crd.install(artifacts.path("crds/datapipelines.yaml"), self.kubeconfig)
        if cloud:
            self._wait_for_aws(cloud, state.ports["aws"])
        private.write(self.directory / "env", self.shell())
        if self._with_operator:
            self._start_operator(state)

    def _prepare(self, state: SandboxState) -> Path | None:
        """Fill the cache, at the same time with Spark and with Kubernetes' binaries.

        Returns the folder of the binaries, None if a cluster of the user's is used.
        """
        found: list[Path] = []

        def find(cancelled: Event) -> None:
            found.append(binaries.directory(self._progress, cancelled))

        tasks = [] if state.context else [find]
        if self._with_operator:  # a pipeline needs its jobs
            tasks.append(self._prepare_spark)
        parallel.run(*tasks)
        return found[0] if found else None

    def _prepare_spark(self, cancelled: Event) -> None:
        """Fill the cache with everything that makes a job start fast: one to two minutes, once."""
        command = aws.preparation()
        if not command:
            return
        with self._progress.step("prepare Spark, once: one to two minutes"):
            program = Program("spark", command, self.directory)
            if not program.run(cancelled):
                raise SandboxError(f"Spark cannot be prepared.{program.tail()}")

    def _start_aws(self, state: SandboxState) -> Process:
        if running := self._running().get("aws"):
            return running
        processes.stop(self.directory, {"operator"})  # its credentials are gone with the last AWS
        argv = aws.command(self._choose_port(state, "aws"), self.directory)
        return processes.start("aws", argv, directory=self.directory)

    def _wait_for_aws(self, process: Process, port: int) -> None:
        environment.write_files(self.directory, aws.environment(port))
        with self._progress.step("AWS, emulated"):
            processes.wait_until(lambda: aws.ready(port), _SECONDS, "AWS", process=process)

    def _start_kubernetes(self, state: SandboxState, assets: Path) -> None:
        etcd, server = (self._choose_port(state, name) for name in ("etcd", "kube-apiserver"))
        with self._progress.step("Kubernetes"):
            Kubernetes(self.directory, etcd, server).up(assets)

    def _start_operator(self, state: SandboxState) -> None:
        if "operator" in self._running():
            return
        port = self._choose_port(state, "operator")
        with self._progress.step("the operator"):
            operator = processes.start(
                "operator",
                [*self.operator, "--probes", f"{HOST}:{port}"],
                directory=self.directory,
                env=aws.operator_environment(state.ports["aws"])
                | {"KUBECONFIG": str(self.kubeconfig)},
            )
            processes.wait_until(
                lambda: answers(port, "/readyz"), _SECONDS, "the operator", process=operator
            )

    def _running(self) -> dict[str, Process]:
        return processes.find(self.directory)

    def _choose_port(self, state: SandboxState, name: str) -> int:
        if name not in self._running():
            state.choose_port(name)
            self._save(state)
        return state.ports[name]

    def _refuse_what_is_no_sandbox(self) -> None:
        if self._state_file.exists() or not self.directory.exists():
            return
        if not self.directory.is_dir() or any(self.directory.iterdir()):
            raise SandboxError(f"{self.directory} is there already and is no sandbox.")

    @property
    def _state_file(self) -> Path:
        return self.directory / "state.json"

    def _state(self) -> SandboxState:
        return SandboxState.load(self._state_file)

    def _save(self, state: SandboxState) -> None:
        state.save(self._state_file)
