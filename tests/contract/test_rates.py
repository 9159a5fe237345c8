"""Rates on an AWS that throttles: the operator stays below known limits, and adapts to others."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import clients
from dataflowxpress.aws.engine import Engine
from dataflowxpress.aws.rates import RATES, SHARE
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.step import Action
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.faults import Faults
from tests.contract.conftest import scope_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflowxpress.planning.resource import Resource
    from dataflowxpress_sandbox.aws.serving import RunningAws

PIPELINES = 4
# Calls per second of the emulated account; they are so low that each of them is reached.
LIMITS = {"iam": 8.0, "lambda": 8.0, "glue": 6.0, "sns": 4.0, "cloudwatch": 4.0}


@pytest.fixture
def connected(own_aws: RunningAws, monkeypatch: pytest.MonkeyPatch) -> clients.Clients:
    """The operator's clients of an account of its own."""
    for variable, value in sandbox_aws.operator_environment(own_aws.port).items():
        monkeypatch.setenv(variable, value)
    client = clients.Clients()
    assert client.identity.account == sandbox_aws.ACCOUNT
    return client


def wanted() -> list[Resource]:
    return blueprint(DataPipelineSpec(), scope_of(f"default/r-{uuid.uuid4().hex[:8]}"))


def create_and_compare(client: clients.Clients) -> None:
    """Create pipelines at once; all of them must converge."""

    def converge(resources: Sequence[Resource]) -> list[str]:
        engine, scope = Engine(client), resources[0].scope
        for _ in range(3):  # a call that AWS throttles four times waits for the next comparison
            outcomes = engine.apply(engine.plan(scope, resources))
            if not any(each.problem for each in outcomes):
                break
        steps = engine.plan(scope, resources, [each.id for each in resources])
        failed = [f"{each.step}: {each.problem}" for each in outcomes if each.problem]
        return failed + [str(step) for step in steps if step.action is not Action.KEEP]

    with ThreadPoolExecutor(PIPELINES) as pool:
        results = list(pool.map(converge, [wanted() for _ in range(PIPELINES)]))
    assert results == [[]] * PIPELINES


@pytest.mark.extended
def test_the_operator_stays_below_the_limits_that_it_knows(
    own_aws: RunningAws, connected: clients.Clients
) -> None:
    RATES.configure({service: limit * SHARE for service, limit in LIMITS.items()})
    faults = Faults(own_aws)
    numbers = [
        faults.set("limit", f"{service}:*", per_second=limit) for service, limit in LIMITS.items()
    ]
    create_and_compare(connected)
    # On a busy machine, calls can gather between their tokens and AWS.
    assert sum(map(faults.struck, numbers)) <= 2 * PIPELINES


@pytest.mark.extended
def test_the_operator_adapts_to_limits_that_it_does_not_know(
    own_aws: RunningAws, connected: clients.Clients
) -> None:
    RATES.configure(dict.fromkeys(LIMITS, 1000.0))
    faults = Faults(own_aws)
    numbers = [
        faults.set("limit", f"{service}:*", per_second=limit) for service, limit in LIMITS.items()
    ]
    create_and_compare(connected)
    seen = sum(each["seen"] for each in faults.all())
    struck = sum(faults.struck(number) for number in numbers)
    assert 0 < struck < seen / 2


@pytest.mark.extended
def test_a_wall_clock_that_steps_back_delays_no_call(
    own_aws: RunningAws, connected: clients.Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    RATES.configure(dict.fromkeys(LIMITS, 1000.0))
    throttled = Faults(own_aws).set("limit", "iam:*", per_second=2)
    now, step = time.time, time.monotonic() + 1
    monkeypatch.setattr(time, "time", lambda: now() - 3600 * (time.monotonic() > step))
    resources = wanted()
    engine = Engine(connected)
    engine.apply(engine.plan(resources[0].scope, resources))  # or pytest's timeout ends it
    assert time.monotonic() > step
    assert Faults(own_aws).struck(throttled)
