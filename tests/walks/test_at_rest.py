"""A fleet at rest: what its comparisons cost, and that they find the drift of each kind in time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import clients
from dataflowxpress.aws.at_rest import OFTENEST, SELDOMEST, AtRest
from dataflowxpress.aws.snapshot import Snapshot
from dataflowxpress.blueprint import blueprint
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from tests.contract.conftest import scope_of
from tests.contract.samples import SAMPLES
from tests.walks.conftest import NAMESPACE, Life, World, new_life, world_on

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress.planning.resource import Resource

# A fleet takes minutes; tests/contract/test_at_rest.py has one pipeline.
pytestmark = pytest.mark.extended

PIPELINES = 20
ROUNDS = OFTENEST + SELDOMEST  # in which each resource is read twice that no list shows
MOST_CALLS = 6  # per pipeline and comparison
INTERVAL = 600.0  # seconds between two comparisons
SPEC = {"suspend": True, "deletionPolicy": "Delete", "notifications": {"emails": ["a@example.com"]}}
UNTOUCHED = {"Subscription"}  # has no property that somebody could change


def described(life: Life) -> dict[str, Resource]:
    wanted = blueprint(DataPipelineSpec.model_validate(SPEC), scope_of(life.owner))
    return {type(each).__name__: each for each in wanted}


KINDS = sorted(
    {
        type(each).__name__
        for each in blueprint(DataPipelineSpec.model_validate(SPEC), scope_of("default/any"))
    }
    - UNTOUCHED
)


@dataclass
class Fleet:
    """Pipelines in one account, and the time that has passed for the lists that they share."""

    world: World
    lives: list[Life]
    now: float = 0
    poll: int = 0  # calls of a poll, which follows each comparison

    def __post_init__(self) -> None:
        clients.clients(None, None).snapshot = Snapshot(
            clients.clients(None, None), clock=lambda: self.now
        )
        self.world.at_rest = AtRest()
        self.world.restart()
        for _ in range(2):  # the first poll also asks for the addresses of the queues
            self.poll = self.poll_one(self.lives[0])

    def compare(self) -> int:
        """Compare all pipelines within one interval; return the calls for it, without the polls."""
        return sum(self.compare_one(life) for life in self.lives) - PIPELINES * self.poll

    def compare_one(self, life: Life) -> int:
        self.now += INTERVAL / len(self.lives)
        before = len(self.world.wire.calls)
        assert life.reconcile().success
        return len(self.world.wire.calls) - before

    def poll_one(self, life: Life) -> int:
        before = len(self.world.wire.calls)
        self.world.operator.observe(NAMESPACE, life.name)  # in full, as after a comparison
        return len(self.world.wire.calls) - before


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """An AWS without resources of other tests, which would make the lists longer."""
    with serving(tmp_path_factory.mktemp("at-rest")) as running:
        yield running


@pytest.fixture(scope="module")
def fleet(cluster: Path, aws: RunningAws) -> Iterator[Fleet]:
    with world_on(cluster, aws) as world, ThreadPoolExecutor(2) as pool:
        lives = [new_life(world) for _ in range(PIPELINES)]
        for life in lives:
            life.create(SPEC)
        list(pool.map(Life.converge, lives))
        yield Fleet(world, lives)
        for life in lives:
            life.delete()
        list(pool.map(Life.end, lives))


def test_a_comparison_at_rest_makes_few_calls(fleet: Fleet) -> None:
    fleet.compare()  # the first one after a start reads what no list shows
    fleet.world.wire.restart()
    calls = sum(fleet.compare() for _ in range(ROUNDS))
    assert fleet.world.wire.writes == []
    assert calls / (ROUNDS * PIPELINES) <= MOST_CALLS


@pytest.mark.parametrize("kind", KINDS)
def test_drift_is_healed_in_time(fleet: Fleet, kind: str) -> None:
    life = fleet.lives[0]
    its = described(life)[kind]
    SAMPLES[kind].meddle(fleet.world.admin(its.service), its)
    fleet.world.wire.restart()
    for _ in range(SELDOMEST):
        fleet.now += INTERVAL
        life.reconcile()
        if fleet.world.wire.writes:
            break
    drifted = life.status["Drifted"]
    assert drifted
    assert drifted.message.startswith(str(its.id))
    life.converge()


def test_a_request_of_a_user_is_answered_by_reading_everything(fleet: Fleet) -> None:
    life = fleet.lives[0]
    its = described(life)["Bucket"]
    SAMPLES["Bucket"].meddle(fleet.world.admin("s3"), its)
    life.annotate(reconcile_requested_at="now")
    life.reconcile()
    drifted = life.status["Drifted"]
    assert drifted
    assert drifted.message.startswith(str(its.id))
