"""The control benchmark: what it counts, and the calls that a pipeline may cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox.aws import environment
from tests.bench.control.chain import Chain, chain
from tests.bench.control.contenders import Engine, resources
from tests.bench.control.proxy import Proxy, proxied
from tests.bench.terraform import configuration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataflowxpress_sandbox.aws.serving import RunningAws

CREATE, PLAN, CHANGE, DELETE = 104, 43, 59, 159  # calls, for 41 resources


@pytest.fixture
def proxy(own_aws: RunningAws) -> Iterator[Proxy]:
    """A proxy in front of an AWS of its own."""
    with proxied(own_aws.endpoint) as proxy:
        yield proxy


@pytest.fixture
def engine(proxy: Proxy, tmp_path: Path) -> Engine:
    """The command line, behind the proxy."""
    return Engine(tmp_path, {**environment(proxy.port), "AWS_ENDPOINT_URL": proxy.endpoint})


@pytest.mark.extended
def test_a_pipeline_costs_no_more_calls_than_the_benchmark_allows(
    engine: Engine, proxy: Proxy
) -> None:
    tasks = {"create": CREATE, "empty plan": PLAN, "one change": CHANGE, "delete": DELETE}
    costs = {task: engine.run(task, proxy) for task in tasks}
    assert {task: cost.calls for task, cost in costs.items() if cost.total > tasks[task]} == {}
    assert costs["create"].calls["sqs:CreateQueue"] == 8
    assert costs["one change"].calls["glue:UpdateJob"] == 1
    assert costs["empty plan"].calls.keys().isdisjoint({"sqs:CreateQueue", "glue:UpdateJob"})


@pytest.mark.extended
def test_the_latency_of_the_proxy_is_part_of_each_call(engine: Engine, proxy: Proxy) -> None:
    engine.run("create", proxy)
    proxy.delay = 0.2
    cost = engine.run("empty plan", proxy)
    assert cost.engine > 4 * proxy.delay  # identity, record, and two waves of reads


def test_terraform_gets_every_resource_of_the_pipeline(tmp_path: Path) -> None:
    described = resources()
    written = configuration.write(tmp_path, described, "eu-west-1")
    document = json.loads((tmp_path / configuration.FILE).read_text())["resource"]
    numbers = {name for kind in document.values() for name in kind}
    assert len(numbers) == len(described) <= written


def test_the_chain_is_the_longest_path_of_calls_that_wait_for_each_other(tmp_path: Path) -> None:
    def call(kind: str, which: str, needs: list[str], at: float, name: str = "Put") -> str:
        entry = {"operation": name, "kind": kind, "resource": which, "needs": needs}
        return json.dumps({**entry, "start": at, "end": at + 1})

    trace = tmp_path / "trace.jsonl"
    poll = "GetFunctionConfiguration"
    trace.write_text(
        "\n".join(
            [
                *(call("", "", [], 0), call("", "", [], 0.5), call("", "", [], 1)),  # 2 in a row
                *(call("read", "a", [], 2), call("read", "a", [], 3), call("read", "b", [], 2)),
                *(call("step", "a", [], 4), call("step", "b", ["a"], 5)),
                *(call("step", "b", ["a"], n, poll) for n in (6, 7)),  # a poll too many
                call("step", "c", ["unchanged"], 4),
            ]
        )
    )
    assert chain(trace) == Chain(calls=2 + 2 + 3, waits=1)
