"""Resource: identity, ARN and references, all read off the description."""

from __future__ import annotations

from dataclasses import replace

from dataflowxpress.api.resource_id import Id
from dataflowxpress.aws.resources import EventSource, Job, Object, Queue, Rule, Topic
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.resource import Resource, Scope

from .conftest import OTHER_SCOPE, SCOPE, Box, Lid


def test_an_arn_is_known_before_the_resource_exists() -> None:
    assert Box(SCOPE, "a").arn == "arn:aws:memory:eu-west-1:111122223333:box/a"


def test_an_arn_is_in_the_partition_of_its_scope() -> None:
    china = replace(SCOPE, partition="aws-cn", region="cn-north-1")
    assert Queue(china, "a").arn == "arn:aws-cn:sqs:cn-north-1:111122223333:a"


def test_an_id_is_enough_to_say_which_one() -> None:
    assert Lid(SCOPE, "top", box=Box(SCOPE, "a")).id == Id("Lid", ("a", "top"))
    assert str(Lid(SCOPE, "top", box=Box(SCOPE, "a")).id) == "Lid/top"


def test_a_topic_is_called_by_its_name_and_found_by_its_arn() -> None:
    topic = Topic(SCOPE, "news")
    assert str(topic.id) == "Topic/news"
    assert ":".join(topic.key) == topic.arn == Topic.arn_of(SCOPE, topic.key)


def test_what_a_resource_holds_is_what_it_needs() -> None:
    below = Box(SCOPE, "below")
    assert list(Box(SCOPE, "a", on=below).needs) == [below]
    assert list(below.needs) == []


def test_what_a_kind_may_hold_is_read_off_its_types() -> None:
    assert EventSource.may_need() == {"Function", "Queue"}
    assert Rule.may_need() == {"Queue", "Topic"}
    assert Job.may_need() == {"LogGroup", "Object", "Role", "SecurityConfiguration"}
    assert Object.may_need() == {"Bucket"}
    assert Queue.may_need() == {"Queue"}


def test_the_mark_of_ownership_wins_over_a_users_tag() -> None:
    scope = Scope("demo/orders", "1", "eu-west-1", tags={OWNER_TAG: "forged", "team": "data"})
    assert scope.all_tags == {OWNER_TAG: "demo/orders", "team": "data"}


def test_every_kind_registers_itself() -> None:
    assert Resource.kinds["Box"] is Box


def test_descriptions_are_equal_when_they_say_the_same() -> None:
    assert Box(SCOPE, "a") == Box(SCOPE, "a")
    assert Box(SCOPE, "a") != Box(OTHER_SCOPE, "a")
