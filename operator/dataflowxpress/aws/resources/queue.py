"""SQS queue: stores messages, and moves them to a dead-letter queue after too many attempts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dataflowxpress.aws.queue_urls import queue_url
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.resource import Resource, State, Tags

from .policy import Statement, merge, owned, policy, sid, tls_only


@dataclass(frozen=True, kw_only=True)
class Queue(Resource):
    """A queue, encrypted at rest, accessible over TLS only."""

    service = "sqs"
    arn_format = "arn:{partition}:sqs:{region}:{account}:{name}"
    modified = "LastModifiedTimestamp"

    visibility_seconds: int = 30
    retention_seconds: int = 1_209_600
    dead_letters: Queue | None = None
    attempts: int = 10
    kms_key_arn: str = ""  # empty: a key that SQS manages
    senders: tuple[tuple[str, str], ...] = ()  # (service principal, source ARN)

    def desired(self) -> State:
        dead = self.dead_letters
        redrive = dead and Exclusive(deadLetterTargetArn=dead.arn, maxReceiveCount=self.attempts)
        return {
            "VisibilityTimeout": str(self.visibility_seconds),
            "MessageRetentionPeriod": str(self.retention_seconds),
            "SqsManagedSseEnabled": "false" if self.kms_key_arn else "true",
            "KmsMasterKeyId": self.kms_key_arn or None,
            "RedrivePolicy": redrive,
            "Policy": policy(self._statements()),
        }

    def _statements(self) -> Iterator[Statement]:
        yield tls_only("sqs:*", self.arn)
        for service, source in self.senders:
            yield {
                "Sid": sid("Send", service, source),
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sqs:SendMessage",
                "Resource": self.arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": source}, **self._account(source)},
            }

    def _account(self, source: str) -> State:
        """Require the pipeline's account if the ARN names none.

        Otherwise a bucket of the same name in another account could send messages.
        """
        if source.split(":")[4]:
            return {}
        return {"StringEquals": {"aws:SourceAccount": self.scope.account}}

    @staticmethod
    def read(sqs: Any, name: str) -> State:
        url = queue_url(sqs, name)
        have = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(have.get("RedrivePolicy") or "null")
        if redrive:
            redrive["maxReceiveCount"] = int(redrive["maxReceiveCount"])
        return {**have, "RedrivePolicy": redrive, "Policy": owned(have.get("Policy") or "{}")}

    def create(self, sqs: Any, want: State, tags: Tags) -> None:
        attributes = {name: value for name, value in _attributes(want).items() if value}
        created = sqs.create_queue(QueueName=self.name, Attributes=attributes, tags=dict(tags))
        queue_url.remember(sqs, self.name, created["QueueUrl"])

    def update(self, sqs: Any, want: State, changed: frozenset[str]) -> None:
        url = queue_url(sqs, self.name)
        have = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        document = have.get("Attributes", {}).get("Policy") or "{}"
        attributes = {**want, "Policy": merge(want["Policy"], document)}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=_attributes(attributes))

    @staticmethod
    def delete(sqs: Any, name: str) -> None:
        sqs.delete_queue(QueueUrl=queue_url(sqs, name))


def _attributes(state: State) -> dict[str, str]:
    """Return *state* as SQS attributes: strings; an empty one removes the attribute."""
    return {
        name: value if isinstance(value, str) else json.dumps(value) if value else ""
        for name, value in state.items()
    }
