"""SNS subscription: an endpoint that receives the messages of a topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.annotations import SUBSCRIBE_REQUESTED
from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.resource import Resource, State, Tags

from .topic import Topic

PENDING = "PendingConfirmation"
INACTIVE = {
    PENDING: "has not confirmed the subscription: open the link in the email from AWS",
    "Deleted": "has unsubscribed",  # SNS lists it for some days; subscribing again would be spam
}
AGAIN = f"set the annotation {SUBSCRIBE_REQUESTED} to send another email"


@dataclass(frozen=True, kw_only=True)
class Subscription(Resource):
    """A subscription, named by its endpoint.

    A pending subscription has no ARN and cannot be deleted; SNS removes it after 48 hours. Each
    creation sends an email to a person, so the operator creates a subscription only once.
    """

    service = "sns"
    asks_once = True
    lists = True

    topic: Topic
    protocol: str = "email"
    requested_at: str = ""  # when the endpoint was last asked to confirm

    @property
    def key(self) -> Key:
        """The topic's ARN, the protocol and the endpoint."""
        return (self.topic.arn, self.protocol, self.name)

    @staticmethod
    def parents(topic: str, protocol: str, endpoint: str) -> tuple[Id, ...]:
        home, _, name = topic.rpartition(":")
        return (Id("Topic", (home, name)),)

    def desired(self) -> State:
        return {}

    @staticmethod
    def read(sns: Any, topic: str, protocol: str, endpoint: str) -> State | None:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        listed = (each for page in pages for each in page.get("Subscriptions", ()))
        key = (protocol, endpoint)
        return next((one for one in listed if (one["Protocol"], one["Endpoint"]) == key), None)

    @staticmethod
    def list_all(sns: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(sns, "list_subscriptions"):
            yield {
                (each["TopicArn"], each["Protocol"], each["Endpoint"]): each
                for each in page.get("Subscriptions", ())
            }

    def create(self, sns: Any, want: State, tags: Tags) -> None:
        sns.subscribe(TopicArn=self.topic.arn, Protocol=self.protocol, Endpoint=self.name)

    @staticmethod
    def delete(sns: Any, topic: str, protocol: str, endpoint: str) -> None:
        have = Subscription.read(sns, topic, protocol, endpoint) or {}
        arn = have.get("SubscriptionArn", "")
        if arn.startswith("arn:"):
            sns.unsubscribe(SubscriptionArn=arn)

    @property
    def stays_absent(self) -> str:
        """Why the operator does not subscribe an endpoint that it has already asked."""
        if not self.requested_at:
            return ""
        return f"{self.name} has no subscription, and was asked at {self.requested_at}: {AGAIN}"

    @staticmethod
    def waits_for(have: State) -> str:
        """Return why the endpoint receives no messages."""
        reason = INACTIVE.get(have["SubscriptionArn"])
        return f"{have['Endpoint']} {reason}" if reason else ""

    @property
    def initially_waits_for(self) -> str:
        """The confirmation of the new subscription."""
        return f"{self.name} {INACTIVE[PENDING]}"
