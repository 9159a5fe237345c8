"""Subscriptions: nobody gets a second email of confirmation that no user has asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import mail
from tests.walks.conftest import Life, new_life, world_on

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress_sandbox.aws.serving import RunningAws

pytestmark = pytest.mark.extended

ADDRESS = "ann@example.com"
DAYS_LATER = 3 * 24 * 3600.0
SPEC: dict[str, Any] = {"deletionPolicy": "Delete", "notifications": {"emails": [ADDRESS]}}


@pytest.fixture
def life(cluster: Path, own_aws: RunningAws) -> Iterator[Life]:
    """A pipeline whose reader does not react, on an AWS whose clock can be moved."""
    with world_on(cluster, own_aws) as world:
        life = new_life(world)
        life.create(SPEC)
        life.converge()
        yield life
        life.delete()
        life.end()


def emails(life: Life, expected: int) -> list[mail.Mail]:
    """Return the emails to the reader, once there are as many as *expected*."""
    deadline = time.monotonic() + 10
    while len(found := mail.mails(life.world.aws.directory)) < expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return [each for each in found if each.to == ADDRESS]


def forget(life: Life) -> None:
    """Let AWS forget the unconfirmed subscription."""
    sandbox_aws.advance(life.world.aws.port, DAYS_LATER)
    assert life.world.admin("sns").list_subscriptions()["Subscriptions"] == []


def line(life: Life) -> Any:
    return next(each for each in life.status.resources if each.kind == "Subscription")


def test_who_does_not_confirm_is_asked_once_and_again_only_on_request(life: Life) -> None:
    assert len(emails(life, 1)) == 1
    first = line(life).requested_at
    assert first
    forget(life)
    life.world.restart()
    for _ in range(2):
        life.converge()
        life.world.operator.poll("default", life.name)
    assert not [call for call in life.world.wire.calls if call.startswith("Subscribe")]
    condition = life.status["SubscriptionsConfirmed"]
    assert condition
    assert condition.status == "False"
    assert "set the annotation dataflowxpress.io/subscribe-requested-at" in condition.message
    assert (line(life).state, line(life).requested_at) == ("Pending", first)
    assert "set the annotation" in line(life).message
    assert life.status.holds("Ready")

    life.annotate(subscribe_requested_at="now")
    life.converge()
    assert life.status.subscribe_handled_at == "now"
    assert len(emails(life, 2)) == 2
    life.converge()
    assert [call for call in life.world.wire.calls if call.startswith("Subscribe")][1:] == []
    mail.confirm(life.world.aws.directory, ADDRESS)
    life.world.operator.poll("default", life.name)
    assert life.status.holds("SubscriptionsConfirmed")


def test_a_topic_that_was_made_anew_gets_its_subscriptions_back(life: Life) -> None:
    topic = line(life).key[0]
    life.world.admin("sns").delete_topic(TopicArn=topic)
    life.converge()
    life.converge()
    assert life.world.admin("sns").list_subscriptions()["Subscriptions"]
    assert len(emails(life, 2)) == 2


def test_an_address_that_returns_to_the_spec_is_asked_again(life: Life) -> None:
    forget(life)
    life.change({**SPEC, "notifications": {"emails": []}})
    life.converge()
    life.change(SPEC)
    life.converge()
    assert len(emails(life, 2)) == 2
