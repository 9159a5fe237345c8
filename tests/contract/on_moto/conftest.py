"""moto: an AWS by other authors, unmodified and in a process of its own."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dataflowxpress_sandbox.aws import ACCOUNT, HOST, REGION, Aws
from dataflowxpress_sandbox.ports import free_port
from tests.contract.conftest import Cloud, Pipeline, scope_of
from tests.contract.on_moto.gaps import GAPS, Gap, without_unknown
from tests.contract.on_moto.supplements import supplement
from tests.contract.samples import SAMPLES, make_log_buckets

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_READY = 60  # seconds; it takes 2
_ONCE = Config(retries={"total_max_attempts": 1})  # moto answers 500 to what it does not know


class MotoCloud(Cloud):
    """moto, with what it lacks added by calls and answers of the client."""

    @functools.cache  # noqa: B019 - lives as long as the session
    def client(self, service: str) -> Any:
        client = self.aws.client(service, config=_ONCE)
        client.meta.events.register("before-call", self._record)
        supplement(client)
        return client

    others = client


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one test for each gap, which must fail as the gap says."""
    shown: set[Gap] = set()
    left_out: list[pytest.Item] = []
    for item in (each for each in items if each.path.parent == _HERE):
        if gap := _gap(item):
            if gap in shown:
                left_out.append(item)
            shown.add(gap)
            failure = pytest.RaisesExc((AssertionError, ClientError), match=gap.failure)
            item.add_marker(pytest.mark.xfail(reason=gap.reason, raises=failure))
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _gap(item: pytest.Item) -> Gap | None:
    parameters = getattr(item, "callspec", None)
    kind = str(parameters.params.get("kind")) if parameters else ""
    return next((gap for gap in GAPS if gap.concerns(item.name, kind)), None)


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with _serving(tmp_path_factory.mktemp("moto") / "server.log") as aws:
        yield aws


@pytest.fixture(scope="session")
def cloud(moto: Aws) -> Cloud:
    make_log_buckets(moto.client("s3"), REGION)
    return MotoCloud(moto)


@contextlib.contextmanager
def _serving(log: Path) -> Iterator[Aws]:
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)],
            env={**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT},
            stdout=output,
            stderr=output,
        )
    try:
        _await(process, port, log)
        yield Aws(port)
    finally:
        process.terminate()
        process.wait()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port)):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"moto does not respond:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def _known_to_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Describe the samples without resources of kinds that moto does not know."""
    for kind, sample in SAMPLES.items():
        make = functools.partial(without_unknown, sample.make)
        monkeypatch.setitem(SAMPLES, kind, replace(sample, make=make))


@pytest.fixture
def pipeline(cloud: Cloud, name: str) -> Pipeline:
    return Pipeline(cloud, scope_of(f"tests/{name}"), retry_budget=1)


@pytest.fixture
def stranger(cloud: Cloud, name: str) -> Pipeline:
    return Pipeline(cloud, scope_of(f"strangers/{name}"), retry_budget=1)
