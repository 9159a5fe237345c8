"""Fixtures of a sandbox with a real Prometheus that scrapes the operator."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress_sandbox import aws, processes
from dataflowxpress_sandbox.aws.faults import Faults
from dataflowxpress_sandbox.probe import HOST, answers
from dataflowxpress_sandbox.sandbox import TENANT_POLICY, Sandbox
from dataflowxpress_sandbox.state import SandboxState
from tests.e2e.conftest import NAMESPACE, User
from tests.observability.prometheus import Prometheus, serving

SECONDS = 120.0


@dataclass(frozen=True)
class Operator:
    """An operator with metrics that tests can stop and start."""

    sandbox: Sandbox
    port: int

    def environment(self) -> dict[str, str]:
        """Return its Kubernetes and AWS identity; calls AWS."""
        (part,) = [part for part in self.sandbox.status() if part.name == "aws"]
        kubernetes = {"KUBECONFIG": str(self.sandbox.kubeconfig)}
        return aws.operator_environment(part.port) | kubernetes

    def start(self, environment: dict[str, str] | None = None, options: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "dataflowxpress", "operator", "--poll-interval", "2"]
        command += ["--tenant-policy", str(TENANT_POLICY), "--metrics", f"{HOST}:{self.port}"]
        process = processes.start(
            "operator",
            [*command, *options],
            directory=self.sandbox.directory,
            env=environment or self.environment(),
        )
        processes.wait_until(
            lambda: answers(self.port, "/metrics"), SECONDS, "metrics", process=process
        )

    def stop(self) -> None:
        processes.stop(self.sandbox.directory, {"operator"})


@dataclass(frozen=True)
class Watched:
    """A user who creates pipelines and faults, and Prometheus, which must report them."""

    user: User
    operator: Operator
    prometheus: Prometheus

    @property
    def cloud(self) -> aws.Aws:
        (part,) = [part for part in self.user.sandbox.status() if part.name == "aws"]
        return aws.Aws(part.port)

    @property
    def faults(self) -> Faults:
        return Faults(self.cloud)

    def annotate(self, name: str, **annotations: str) -> None:
        asked = {f"{GROUP}/{k}": v for k, v in annotations.items()}
        self.user.patch(name, {"metadata": {"annotations": asked}})

    def write_status(self, name: str, **change: Any) -> None:
        """Overwrite fields of a pipeline's status."""
        self.user.kind(KIND, f"{GROUP}/{VERSION}").status.patch(
            name=name,
            namespace=NAMESPACE,
            body={"status": change},
            content_type="application/merge-patch+json",
        )

    def compare(self, name: str) -> None:
        """Request a comparison with AWS now."""
        self.annotate(name, **{"reconcile-requested-at": uuid.uuid4().hex})

    def upload(self, name: str, key: str, text: str) -> None:
        bucket = next(x.name for x in self.user.status(name).resources if x.kind == "Bucket")
        key = f"csv_data/{key}"
        self.user.aws("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())

    def queue(self, name: str, ending: str) -> str:
        found = (x.name for x in self.user.status(name).resources if x.kind == "Queue")
        queue = next(each for each in found if each.endswith(ending))
        return str(self.user.aws("sqs").get_queue_url(QueueName=queue)["QueueUrl"])

    def current(self, name: str) -> Any:
        """Wait until all uploads are converted."""
        return self.user.wait(
            name,
            lambda s: (c := s["DataCurrent"]) is not None and c.status == "True",
            180,
            "current",
        )


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    directory = tmp_path_factory.mktemp("observability")
    sandbox = Sandbox(directory / "sandbox", operator=False)
    state = SandboxState()
    state.choose_port("operator")
    aws.prepare()  # Spark, so that no run waits for it
    with sandbox.running():
        user = User(sandbox, DynamicClient(config.new_client_from_config(str(sandbox.kubeconfig))))
        operator = Operator(sandbox, state.ports["operator"])
        for prometheus in serving(directory / "prometheus", f"{HOST}:{operator.port}"):
            prometheus.fires("DataFlowXpressDown")
            operator.start()
            yield Watched(user, operator, prometheus)


@pytest.fixture(scope="session")
def flow(watched: Watched) -> str:
    """Return the name of a pipeline with data."""
    emails = {"emails": ["reader@example.com"]}
    quick = {"batchWindowSeconds": 0}
    watched.user.pipeline("flow", trigger=quick, notifications=emails, resyncInterval="30s")
    watched.user.ready("flow")
    watched.upload("flow", "first.csv", "name,age\nAda,36\nGrace,85\n")
    watched.current("flow")
    return "flow"
