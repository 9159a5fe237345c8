"""What a poll and a comparison say of a live pipeline, and how often they write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress.cli.cost.estimate import CALLS_OF_A_POLL
from dataflowxpress.cli.cost.estimate import CALLS_OF_A_QUIET_POLL as QUIET
from dataflowxpress.reporting import status as reporting
from dataflowxpress_sandbox.aws import mail
from tests.walks.conftest import NAMESPACE, Life, World, new_life

if TYPE_CHECKING:
    from collections.abc import Iterator


def address(life: Life) -> str:
    return f"{life.name}@example.com"


@pytest.fixture(scope="module")
def life(world: World) -> Iterator[Life]:
    """A pipeline with a custom script and an address that has not confirmed."""
    life = new_life(world)
    script = {"inline": "print('nothing')"}
    life.create(
        {
            "suspend": True,
            "deletionPolicy": "Delete",
            "job": {"script": script},
            "notifications": {"emails": [address(life)]},
        }
    )
    life.converge()
    yield life
    life.delete()
    life.end()


def writes(life: Life) -> int:
    return life.world.wire.calls.count("status")


@pytest.mark.extended
def test_a_custom_script_leaves_counts_unknown(life: Life) -> None:
    data = life.poll().status.as_json()["data"]
    assert data.keys() == {"deadLetters"}


def test_the_time_of_a_comparison_is_written_alone_at_a_bounded_rate(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = life.status.last_compared_at
    life.world.restart()
    life.reconcile()
    assert writes(life) == 0
    assert life.status.last_compared_at == before

    monkeypatch.setattr(reporting, "COMPARED_WRITE", 0)
    life.world.restart()
    monkeypatch.setattr(reporting, "format_now", lambda: "2100-01-01T00:00:00Z")
    life.reconcile()
    assert writes(life) == 1
    assert life.status.last_compared_at == "2100-01-01T00:00:00Z"
    life.world.restart()
    life.poll()
    assert writes(life) == 0


def test_a_poll_notices_that_an_address_has_confirmed(life: Life) -> None:
    condition = life.poll().status["SubscriptionsConfirmed"]
    assert condition
    assert (condition.status, condition.reason) == ("False", "PendingConfirmation")
    sns = life.world.admin("sns")
    [topic] = {r.key[0] for r in life.status.resources if r.kind == "Subscription"}
    [pending] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert pending["SubscriptionArn"] == "PendingConfirmation"

    mail.confirm(life.world.aws.directory, address(life))

    status = life.poll().status
    condition = status["SubscriptionsConfirmed"]
    assert condition
    assert (condition.status, condition.reason) == ("True", "Confirmed")
    assert [r.state for r in status.resources if r.kind == "Subscription"] == ["Ready"]
    life.world.restart()
    life.poll()
    assert not [call for call in life.world.wire.calls if "ListSubscriptions" in call]


def test_a_missing_job_is_named_in_plain_words_and_compared_next(life: Life) -> None:
    [job] = (r.name for r in life.status.resources if r.kind == "Job")
    life.world.admin("glue").delete_job(JobName=job)
    result = life.poll()
    assert not result.success  # so that a comparison follows
    current = life.status["DataCurrent"]
    assert current
    assert (current.status, current.reason) == ("Unknown", "Missing")
    assert current.message == f"the job {job} is missing in AWS; the operator compares AWS next"
    life.converge()
    assert life.status["Drifted"]


@pytest.fixture
def packaged(world: World) -> Iterator[Life]:
    """A pipeline with the packaged script."""
    life = new_life(world)
    life.create({"suspend": True, "deletionPolicy": "Delete"})
    life.converge()
    yield life
    life.delete()
    life.end()


@pytest.mark.extended
def test_a_poll_makes_the_billed_calls_that_the_cost_estimate_counts(packaged: Life) -> None:
    operator, wire = packaged.world.operator, packaged.world.wire
    packaged.poll()
    for look, expected in ((operator.observe, CALLS_OF_A_POLL), (operator.poll, QUIET)):
        wire.restart()
        look(NAMESPACE, packaged.name)
        billed = {
            name: sum(call.startswith(name) for call in wire.calls) for _, name in CALLS_OF_A_POLL
        }
        assert billed == {name: expected.get((of, name), 0) for of, name in CALLS_OF_A_POLL}
