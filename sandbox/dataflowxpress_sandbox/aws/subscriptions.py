"""Subscriptions: the email protocol of SNS, with confirmation and real mails.

ministack confirms email subscriptions at once, and only logs their messages.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ministack.services import sns

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import Aws
    from .postman import Postman

_MAILS = ("email", "email-json")
_NO_SUBJECT = "AWS Notification Message"
_MINISTACKS_SUBJECT = "EventBridge Notification"  # on AWS, messages of rules have no subject
_PENDING = "PendingConfirmation"
_FORGOTTEN = 48 * 3600  # seconds after which SNS deletes an unconfirmed subscription


class Subscriptions:
    """Extends ministack's SNS with mails."""

    def __init__(self, aws: Aws, postman: Postman, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._postman = postman
        self._clock = clock
        self._subscribe = sns._subscribe
        self._fanout = sns._fanout
        self._confirm = sns._confirm_subscription
        self._lists = (sns._list_subscriptions, sns._list_subscriptions_by_topic)

    def install(self) -> None:
        """Replace the operations of ministack's SNS in this process."""
        sns._subscribe = self.subscribe
        sns._fanout = self.fanout
        sns._confirm_subscription = self.confirm
        sns._list_subscriptions = lambda params: self.listed(self._lists[0], params)
        sns._list_subscriptions_by_topic = lambda params: self.listed(self._lists[1], params)

    def subscribe(self, params: Any) -> Any:
        """Subscribe: each call sends a confirmation mail to an unconfirmed address."""
        self._forget()
        answer = self._subscribe(params)
        if sns._p(params, "Protocol") not in _MAILS or answer[0] != 200:  # noqa: PLR2004  HTTP's
            return answer
        topic, _ = sns._get_topic(sns._p(params, "TopicArn"))
        endpoint = sns._p(params, "Endpoint")
        subscription = next(s for s in topic["subscriptions"] if s["endpoint"] == endpoint)
        if "confirmation_sent" not in subscription:
            subscription.update(confirmation_sent=True, confirmed=False, token=uuid.uuid4().hex)
            subscription["attributes"].update(
                PendingConfirmation="true", ConfirmationWasAuthenticated="false"
            )
            sns._refresh_subscription_counts(topic)
        if subscription["confirmed"]:
            return answer
        subscription["requested_at"] = self._clock()
        self._request_confirmation(subscription)
        if sns._p(params, "ReturnSubscriptionArn") == "true":
            return answer
        status, headers, body = answer
        return status, headers, _replaced(body, subscription["arn"], "pending confirmation")

    def confirm(self, params: Any) -> Any:
        """ConfirmSubscription: a forgotten request has no token any more."""
        self._forget()
        return self._confirm(params)

    def listed(self, operation: Callable[[Any], Any], params: Any) -> Any:
        """List subscriptions, pending ones without their ARNs."""
        self._forget()
        return _listed(operation(params))

    def _forget(self) -> None:
        """Delete the subscriptions that were not confirmed in time."""
        deadline = self._clock() - _FORGOTTEN
        for topic in list(sns._topics.values()):
            for each in topic["subscriptions"]:
                if not each["confirmed"] and each.get("requested_at", deadline) < deadline:
                    sns._unsubscribe({"SubscriptionArn": [each["arn"]]})

    def fanout(
        self, topic_arn: str, message_id: str, message: str, subject: str, *rest: Any, **named: Any
    ) -> None:
        """Send a message to all subscriptions of a topic; confirmed addresses get mails."""
        self._fanout(topic_arn, message_id, message, subject, *rest, **named)
        structure = rest[0] if rest else named.get("message_structure", "")
        attributes = (rest[1] if len(rest) > 1 else named.get("message_attributes")) or {}
        topic = sns._topic_by_arn_any_scope(topic_arn)
        for each in topic["subscriptions"] if topic else ():
            text = sns._resolve_message_for_protocol(message, structure, each["protocol"])
            receives = each["confirmed"] and each["protocol"] in _MAILS
            if receives and sns._matches_filter_policy(each, attributes, text):
                self._send(each, topic_arn, message_id, subject, text)

    def _send(
        self, subscription: dict[str, Any], topic: str, message_id: str, subject: str, text: str
    ) -> None:
        given = "" if subject == _MINISTACKS_SUBJECT else subject
        if subscription["protocol"] == "email-json":
            text = sns._build_envelope(topic, message_id, text, given, {}, raw=False)
        else:
            text += (
                "\n\n--\nIf you wish to stop receiving notifications from this topic, please click"
                " or visit the link below to unsubscribe:\n"
                + self._link(Action="Unsubscribe", SubscriptionArn=subscription["arn"])
            )
        self._postman.post(subscription["endpoint"], given or _NO_SUBJECT, text)

    def _request_confirmation(self, subscription: dict[str, Any]) -> None:
        topic = subscription["topic_arn"]
        link = self._link(Action="ConfirmSubscription", TopicArn=topic, Token=subscription["token"])
        text = (
            f"You have chosen to subscribe to the topic:\n{topic}\n\n"
            f"To confirm this subscription, click or visit the link below:\n{link}\n"
        )
        subject = "AWS Notification - Subscription Confirmation"
        self._postman.post(subscription["endpoint"], subject, text)

    def _link(self, **parameters: str) -> str:
        return f"{self._aws.endpoint}/?{urlencode(parameters, safe=':')}"


def _listed(answer: Any) -> Any:
    """Return a list of subscriptions in which pending ones have no ARN."""
    status, headers, body = answer
    for topic in list(sns._topics.values()):
        for each in topic["subscriptions"]:
            if each["protocol"] in _MAILS and not each["confirmed"]:
                body = _replaced(body, each["arn"], _PENDING)
    return status, headers, body


def _replaced(body: bytes, arn: str, by: str) -> bytes:
    element = "<SubscriptionArn>{}</SubscriptionArn>"
    return body.replace(element.format(arn).encode(), element.format(by).encode())
