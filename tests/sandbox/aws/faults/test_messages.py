"""Messages that go astray: of S3, from queues to Lambdas, and of EventBridge."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.faults import Faults
    from tests.sandbox.aws.conftest import Place
    from tests.sandbox.aws.faults.conftest import Inbox

Eventually = Callable[..., Any]
Send = Callable[[str], None]

FORWARDS = """
import boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    for record in event["Records"]:
        sqs.send_message(QueueUrl="{url}", MessageBody=record["body"])
"""


@pytest.fixture
def upload(place: Place, inbox: Inbox) -> Send:
    """Upload an object of which S3 tells the inbox."""
    rule = {"QueueArn": inbox.arn, "Events": ["s3:ObjectCreated:*"]}
    place.aws.client("s3").put_bucket_notification_configuration(
        Bucket=place.name, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    inbox.sqs.purge_queue(QueueUrl=inbox.url)  # of S3's test event
    return lambda key: place.put(key, b"")


@pytest.fixture
def notify(place: Place, inbox: Inbox) -> Send:
    """Put an event on the bus, from where a rule takes it to the inbox."""
    events = place.aws.client("events")
    events.put_rule(Name=place.name, EventPattern=json.dumps({"source": [place.name]}))
    events.put_targets(Rule=place.name, Targets=[{"Id": "inbox", "Arn": inbox.arn}])

    def notify(what: str) -> None:
        entry = {
            "Source": place.name,
            "DetailType": place.name,
            "Detail": json.dumps({"key": what}),
        }
        events.put_events(Entries=[entry])

    return notify


@pytest.fixture
def post(place: Place, inbox: Inbox, function: Callable[[str], str]) -> Send:
    """Send a message to a queue, from where a function takes it to the inbox."""
    name = function(FORWARDS.format(url=inbox.url))
    first = inbox.sqs.create_queue(QueueName=f"{name}-first")["QueueUrl"]
    place.aws.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=f"{inbox.arn}-first", BatchSize=1
    )
    return lambda what: inbox.sqs.send_message(QueueUrl=first, MessageBody=what)


@pytest.fixture(params=["upload", "notify", "post"])
def way(request: pytest.FixtureRequest, place: Place) -> tuple[Send, str, str]:
    """How a message is sent, and which messages and resources these are."""
    send: Send = request.getfixturevalue(request.param)
    return {
        "upload": (send, "notification:*", f"arn:aws:s3:::{place.name}/*"),
        "notify": (send, f"event:{place.name}", "*"),
        "post": (send, f"delivery:{place.name}", "*"),
    }[request.param]


def take(inbox: Inbox, number: int, eventually: Eventually) -> list[str]:
    """Wait for so many messages; return their bodies, as they come."""
    bodies: list[str] = []

    def enough() -> bool:
        bodies.extend(inbox.bodies())
        return len(bodies) >= number

    eventually(enough)
    return bodies


def come(inbox: Inbox, number: int, eventually: Eventually) -> list[str]:
    """Wait for so many messages; return what they are about."""
    return [_about(body) for body in take(inbox, number, eventually)]


def _about(body: str) -> str:
    if not body.startswith("{"):
        return body
    message = json.loads(body)
    return str(
        message["Records"][0]["s3"]["object"]["key"]
        if "Records" in message
        else message["detail"]["key"]
    )


def test_a_message_comes_twice(
    way: tuple[Send, str, str], faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    send, on, resource = way
    faults.set("double", on, resource=resource, times=1)
    send("a")
    assert come(inbox, 2, eventually) == ["a", "a"]


def test_a_message_is_late(
    way: tuple[Send, str, str], faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    send, on, resource = way
    faults.set("delay", on, resource=resource, times=1, seconds=2)
    began = time.monotonic()
    send("a")
    assert come(inbox, 1, eventually) == ["a"]
    assert time.monotonic() - began >= 2


@pytest.mark.parametrize("way", ["upload", "notify"], indirect=True)
def test_a_message_is_lost_and_the_next_is_not(
    way: tuple[Send, str, str], faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    send, on, resource = way
    number = faults.set("drop", on, resource=resource, times=1)
    send("a")
    eventually(lambda: faults.struck(number) == 1)
    send("b")
    assert come(inbox, 1, eventually) == ["b"]
    assert inbox.bodies() == []


def test_a_delivery_that_is_lost_comes_back_to_the_function(
    post: Send, place: Place, faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    number = faults.set("drop", f"delivery:{place.name}", times=1, seconds=1)
    post("a")
    assert come(inbox, 1, eventually) == ["a"]
    assert faults.struck(number) == 1


@pytest.mark.parametrize("way", ["upload", "notify"], indirect=True)
def test_a_message_is_overtaken_by_the_next_one(
    way: tuple[Send, str, str], faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    send, on, resource = way
    number = faults.set("reorder", on, resource=resource, times=1, seconds=60)
    send("a")
    eventually(lambda: faults.struck(number) == 1)
    send("b")
    assert come(inbox, 2, eventually) == ["b", "a"]


def test_a_message_that_nothing_overtakes_comes_all_the_same(
    notify: Send, place: Place, faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    faults.set("reorder", f"event:{place.name}", times=1, seconds=1)
    notify("a")
    assert come(inbox, 1, eventually) == ["a"]


@pytest.mark.usefixtures("upload")
def test_what_s3_sends_when_it_is_configured_is_a_notification_too(
    place: Place, faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    faults.set("double", "notification:TestEvent", resource=f"arn:aws:s3:::{place.name}")
    rule = {"QueueArn": inbox.arn, "Events": ["s3:ObjectCreated:*"]}
    place.aws.client("s3").put_bucket_notification_configuration(
        Bucket=place.name, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    reported = [json.loads(body)["Event"] for body in take(inbox, 2, eventually)]
    assert reported == ["s3:TestEvent", "s3:TestEvent"]


def test_messages_of_a_queue_are_delivered_in_another_order(
    post: Send, place: Place, faults: Faults, inbox: Inbox, eventually: Eventually
) -> None:
    lambdas = place.aws.client("lambda")
    (source,) = lambdas.list_event_source_mappings(FunctionName=place.name)["EventSourceMappings"]
    sent = [str(number) for number in range(8)]

    def state() -> str:
        return str(lambdas.get_event_source_mapping(UUID=source["UUID"])["State"])

    lambdas.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    eventually(lambda: state() == "Disabled")
    for each in sent:
        post(each)
    faults.set("reorder", f"delivery:{place.name}", seed=1)
    lambdas.update_event_source_mapping(UUID=source["UUID"], Enabled=True)
    arrived = come(inbox, len(sent), eventually)
    assert sorted(arrived) == sent
    assert arrived != sent
