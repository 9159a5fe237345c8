"""SNS subscription: somebody who hears what a topic says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.planning.resource import Resource, State, Tags

from .topic import Topic

NEW = "PendingConfirmation"
WAITING = {
    NEW: "has not confirmed the subscription that AWS asked for by mail",
    "Deleted": "has unsubscribed",  # ... and is listed for some days: asking again would be spam
}


@dataclass(frozen=True, kw_only=True)
class Subscription(Resource):
    """A subscription, named by its endpoint.

    Until it is confirmed it has no ARN and cannot be removed; SNS forgets it after some days.
    """

    service = "sns"

    topic: Topic
    protocol: str = "email"

    @property
    def key(self) -> Key:
        """The topic, and who listens how."""
        return (self.topic.arn, self.protocol, self.name)

    @staticmethod
    def parent(topic: str, protocol: str, endpoint: str) -> Id:
        home, _, name = topic.rpartition(":")
        return Id("Topic", (home, name))

    def desired(self) -> State:
        return {}

    @staticmethod
    def read(sns: Any, topic: str, protocol: str, endpoint: str) -> State | None:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        everybody = (each for page in pages for each in page["Subscriptions"])
        who = (protocol, endpoint)
        return next((one for one in everybody if (one["Protocol"], one["Endpoint"]) == who), None)

    def create(self, sns: Any, want: State, tags: Tags) -> None:
        sns.subscribe(TopicArn=self.topic.arn, Protocol=self.protocol, Endpoint=self.name)

    @staticmethod
    def delete(sns: Any, topic: str, protocol: str, endpoint: str) -> None:
        have = Subscription.read(sns, topic, protocol, endpoint) or {}
        arn = have.get("SubscriptionArn", "")
        if arn.startswith("arn:"):
            sns.unsubscribe(SubscriptionArn=arn)

    @staticmethod
    def waits_for(have: State) -> str:
        """Say what the endpoint has not done yet."""
        why = WAITING.get(have["SubscriptionArn"])
        return f"{have['Endpoint']} {why}" if why else ""

    @property
    def waits_first_for(self) -> str:
        """That somebody clicks a link."""
        return f"{self.name} {WAITING[NEW]}"
