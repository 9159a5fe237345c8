"""Of several operators one works; when it ends, however that happens, another goes on."""

from __future__ import annotations

import re
import signal
from datetime import timedelta

import pytest

from tests.cluster.conftest import Lease, Operator, Operators, wait_for
from tests.e2e.conftest import NAMESPACE, User, holds

EXPIRY = timedelta(seconds=15)
TAKEOVER = timedelta(seconds=20)

pytestmark = pytest.mark.long


@pytest.fixture
def leader(start: Operators, lease: Lease) -> Operator:
    operator = start("--lease", f"{NAMESPACE}/{lease.name}")
    wait_for(lambda: lease.held_by(operator), "leading", operator.process)
    wait_for(operator.leads, "at work", operator.process)
    return operator


@pytest.fixture
def standby(leader: Operator, start: Operators, lease: Lease) -> Operator:
    operator = start("--lease", f"{NAMESPACE}/{lease.name}")
    operator.wait("/readyz", 200)
    assert not operator.leads()
    assert lease.held_by(leader)
    return operator


def doubled(user: User, name: str) -> list[str]:
    """Return what AWS lets exist twice and does."""
    mappings = user.aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    ours = [m["EventSourceArn"] for m in mappings if name in m["EventSourceArn"]]
    subscriptions = user.aws("sns").list_subscriptions()["Subscriptions"]
    ours += [f"{s['TopicArn']} {s['Endpoint']}" for s in subscriptions if name in s["TopicArn"]]
    assert len(ours) >= 3  # two queues, one address
    return [each for each in set(ours) if ours.count(each) > 1]


def made(user: User, bucket: str) -> bool:
    return bucket in {each["Name"] for each in user.aws("s3").list_buckets()["Buckets"]}


def test_when_the_leader_is_killed_another_finishes_what_is_half_made(
    user: User, leader: Operator, standby: Operator, lease: Lease
) -> None:
    assert not made(user, "halved")
    user.pipeline("halved", bucket={"name": "halved"}, notifications={"emails": ["a@b.example"]})
    wait_for(lambda: made(user, "halved"), "begun", leader.process)
    leader.signal(signal.SIGKILL)
    assert not holds(user.status("halved"), "Ready")
    renewed = lease.spec["renewTime"]
    wait_for(lambda: lease.held_by(standby), "taken over", standby.process)
    assert EXPIRY <= lease.since(renewed) <= TAKEOVER
    status = user.ready("halved", seconds=60)
    assert doubled(user, "halved") == []
    # A subscription waits for somebody who clicks its link.
    made_by_us = [line for line in status.resources if line.kind != "Subscription"]
    assert {line.state for line in made_by_us} == {"Ready"}
    user.gone("halved")


@pytest.mark.extended
def test_a_leader_that_is_asked_to_end_hands_over_at_once(
    user: User, leader: Operator, standby: Operator, lease: Lease
) -> None:
    user.pipeline("handed", bucket={"name": "handed"})
    user.ready("handed")
    before = leader.process.log.stat().st_size
    leader.signal(signal.SIGTERM)
    wait_for(lambda: not lease.spec["holderIdentity"] or lease.held_by(standby), "handed over")
    released = lease.spec["renewTime"]
    wait_for(lambda: lease.held_by(standby), "taken over", standby.process)
    assert lease.since(released) < EXPIRY
    wait_for(leader.ended, "ended", leader.process)
    last_words = leader.process.log.read_text()[before:]
    assert not re.search("WARNING|ERROR|Traceback", last_words), last_words
    user.pipeline("handed", bucket={"name": "handed"}, tags={"team": "another"})
    user.wait("handed", lambda s: s.observed_generation == 2 and holds(s, "Ready"), 60, "ready")
    user.gone("handed")


@pytest.mark.extended
def test_a_leader_that_slept_through_its_lease_ends_before_it_does_anything(
    user: User, leader: Operator, standby: Operator, lease: Lease
) -> None:
    leader.signal(signal.SIGSTOP)
    wait_for(lambda: lease.held_by(standby), "taken over", standby.process)
    user.pipeline("awoken", bucket={"name": "awoken"})
    user.ready("awoken", seconds=60)
    before = lease.spec["leaseTransitions"]
    leader.signal(signal.SIGCONT)
    wait_for(leader.ended, "ended", leader.process)
    assert lease.held_by(standby)
    assert lease.spec["leaseTransitions"] == before
    assert "awoken" not in leader.process.log.read_text()
    user.gone("awoken")


@pytest.mark.extended
def test_an_operator_that_stands_by_ends_when_asked(
    leader: Operator, standby: Operator, lease: Lease
) -> None:
    standby.signal(signal.SIGTERM)
    wait_for(standby.ended, "ended", standby.process)
    assert lease.held_by(leader)


@pytest.mark.extended
def test_a_pipeline_is_worked_on_by_the_operator_of_its_label(user: User, start: Operators) -> None:
    operators = {shard: start("--selector", f"shard={shard}") for shard in ("a", "b")}
    for shard, operator in operators.items():
        operator.wait("/readyz", 200)
        user.pipeline(f"shard-{shard}", bucket={"name": f"sharded-{shard}"})
        label = {"metadata": {"labels": {"shard": shard}}}
        user.patch(f"shard-{shard}", label)
    for shard in operators:
        user.ready(f"shard-{shard}", seconds=60)
    for shard, operator in operators.items():
        message = operator.process.log.read_text()
        assert f"shard-{shard}" in message
        assert not any(f"shard-{other}" in message for other in operators if other != shard)
    for shard in operators:
        user.gone(f"shard-{shard}")
