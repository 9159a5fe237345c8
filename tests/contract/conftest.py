"""An engine on an emulated AWS, and a record of the calls that it makes."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.aws import change_stack, clients
from dataflowxpress.aws.engine import Engine
from dataflowxpress.aws.observer import Observer
from dataflowxpress.cli.app import app
from dataflowxpress.controller.coverage import Coverage
from dataflowxpress.planning.resource import Resource, Scope
from dataflowxpress.planning.step import Action, Outcome, Step
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import Aws
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from tests.contract.pipeline_bucket import Bucket
from tests.contract.samples import make_log_buckets
from tests.fresh_clients import fresh_clients
from tests.unit.conftest import Clock

if TYPE_CHECKING:
    from pathlib import Path

READS = ("Get", "List", "Describe", "Head")


@dataclass
class Cloud:
    """An AWS in which the operator has no more rights than we ship, and its calls are counted."""

    aws: Aws
    calls: list[str] = field(default_factory=list)

    @functools.cache  # noqa: B019 - lives as long as the session
    def client(self, service: str) -> Any:
        """Return the operator's client."""
        client = self.aws.client(service, self._operator)
        client.meta.events.register("before-call", self._record)
        return client

    @functools.cache  # noqa: B019 - lives as long as the session
    def others(self, service: str) -> Any:
        """Return the client of somebody who may do everything, and is not counted."""
        return self.aws.client(service)

    @functools.cached_property
    def _operator(self) -> dict[str, str]:
        return sandbox_aws.operator_environment(self.aws.port)

    def _record(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)

    @contextmanager
    def recording(self) -> Iterator[list[str]]:
        """Collect the names of the calls that are made meanwhile."""
        self.calls.clear()
        made: list[str] = []
        yield made
        made += self.calls

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class Pipeline:
    """The resources of one owner, as a reconciliation treats them."""

    cloud: Cloud
    scope: Scope
    retry_budget: float = 20

    @property
    def engine(self) -> Engine:
        return Engine(self.cloud.client, retry_budget=self.retry_budget)

    def others_client(self, resource: Resource) -> Any:
        return self.cloud.others(resource.service)

    def actions(self, wanted: Sequence[Resource], known: Sequence[Id] = ()) -> dict[Id, Action]:
        return {step.id: step.action for step in self.engine.plan(self.scope, wanted, known)}

    def apply(self, wanted: Sequence[Resource], known: Sequence[Id] = ()) -> list[Outcome]:
        return self.engine.apply(self.engine.plan(self.scope, wanted, known))

    def converge(self, wanted: Sequence[Resource], known: Sequence[Id] = ()) -> None:
        """Apply; every step has to succeed."""
        self.carry_out(self.engine.plan(self.scope, wanted, known))

    def carry_out(self, steps: Sequence[Step]) -> None:
        """Apply a plan; every step has to succeed."""
        failed = [f"{o.step}: {o.problem}" for o in self.engine.apply(steps) if o.problem]
        if failed:  # no assert, whose message pytest shortens
            raise AssertionError("\n".join(failed))

    def differences(self, wanted: Sequence[Resource]) -> list[str]:
        """Return what a plan would still do."""
        steps = self.engine.plan(self.scope, wanted, [each.id for each in wanted])
        return [f"{step} {step.problem or ''}" for step in steps if step.action is not Action.KEEP]

    def states(self, wanted: Sequence[Resource]) -> dict[Id, Any]:
        """Return all that AWS says of these resources, but for what no two answers share."""
        observed = Observer(self.cloud.client).observe(self.scope, [each.id for each in wanted])
        return {i: _lasting(state) for i, state in observed.items()}


def _lasting(state: Any) -> Any:
    if not isinstance(state, dict):
        return state
    return {key: value for key, value in state.items() if key != "ResponseMetadata"}


def mutations(calls: Sequence[str]) -> list[str]:
    """Return the calls that change something."""
    return [call for call in calls if not call.startswith(READS)]


@pytest.fixture(scope="package")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """An AWS for this folder: its tests leave resources behind, which lengthen lists of others."""
    with serving(tmp_path_factory.mktemp("contract")) as running:
        yield running


@pytest.fixture(scope="package")
def cloud(aws: RunningAws) -> Cloud:
    make_log_buckets(aws.client("s3"), sandbox_aws.REGION)
    return Cloud(aws)


@pytest.fixture
def name() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def pipeline(cloud: Cloud, name: str) -> Pipeline:
    return Pipeline(cloud, scope_of(f"tests/{name}"))


@pytest.fixture
def stranger(cloud: Cloud, name: str) -> Pipeline:
    return Pipeline(cloud, scope_of(f"strangers/{name}"))


def scope_of(owner: str) -> Scope:
    return Scope(owner, sandbox_aws.ACCOUNT, sandbox_aws.REGION, tags={"team": "data"})


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def applied(
    aws: RunningAws, tmp_path_factory: pytest.TempPathFactory, environment: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The manifest of a pipeline that exists.

    It is suspended: a run would commit and delete beside the manifests that tests write.
    """
    name = f"applied-{uuid.uuid4().hex[:8]}"
    file = tmp_path_factory.mktemp("applied") / f"{name}.yaml"
    head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": name}}
    spec = {"bucket": {"name": name}, "deletionPolicy": "Delete", "suspend": True}
    file.write_text(yaml.safe_dump({**head, "spec": spec}))
    with fresh_clients(environment, sandbox_aws.operator_environment(aws.port)):
        done = CliRunner().invoke(app, ["apply", "-f", str(file), "--yes"])
        assert done.exit_code == 0, done.output
        yield file
        done = CliRunner().invoke(app, ["delete", "-f", str(file), "--yes"])
        assert done.exit_code == 0, done.output


@pytest.fixture
def bucket(aws: RunningAws, applied: Path) -> Iterator[Bucket]:
    s3, name = aws.client("s3"), applied.stem
    yield Bucket(s3, name, applied)
    for folder in ("manifests", "snapshots", "rejected", "forgotten", "requests"):
        listed = s3.list_objects_v2(Bucket=name, Prefix=f"dataflowxpress/{folder}/")
        for each in listed.get("Contents", ()):
            s3.delete_object(Bucket=name, Key=each["Key"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def coverage(audited: RunningAws, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Coverage:
    """The coverage by events, whose probes use the roles that pipelines have."""
    for variable, value in sandbox_aws.environment(audited.port).items():
        monkeypatch.setenv(variable, value)
    made = functools.cache(clients.Clients)
    return Coverage(change_stack.NAME, lambda region, of: made(region, *of.parameters), clock)
