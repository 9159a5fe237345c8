"""SNS topic: receives the notifications and alarms of a pipeline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.tags import pairs
from dataflowxpress.planning.resource import Resource, State, Tags

from .policy import Statement, merge, owned, policy, sid, tls_only

CLOUDWATCH = "cloudwatch.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Topic(Resource):
    """A topic to which AWS services of the account can publish; accessible over TLS only."""

    service = "sns"
    arn_format = "arn:{partition}:sns:{region}:{account}:{name}"

    display_name: str = ""  # the sender's name in emails
    publishers: tuple[str, ...] = (CLOUDWATCH,)
    kms_key_arn: str = ""  # empty: no encryption by SNS

    @property
    def key(self) -> Key:
        """The ARN in two parts, because SNS identifies topics by ARN only."""
        return (self.arn_of(self.scope, (self.name,)).removesuffix(f":{self.name}"), self.name)

    def desired(self) -> State:
        statements = [self._allow(service) for service in self.publishers]
        return {
            "DisplayName": self.display_name,
            "KmsMasterKeyId": self.kms_key_arn,
            "Policy": policy([tls_only("sns:Publish", self.arn), *statements]),
        }

    def _allow(self, service: str) -> Statement:
        return {
            "Sid": sid("Publish", service),
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": self.arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": self.scope.account}},
        }

    @staticmethod
    def read(sns: Any, home: str, name: str) -> State:
        have = _attributes(sns, f"{home}:{name}")
        defaults = {"DisplayName": "", "KmsMasterKeyId": ""}
        return {**defaults, **have, "Policy": owned(have.get("Policy", "{}"))}

    def create(self, sns: Any, want: State, tags: Tags) -> None:
        attributes = {name: _text(value) for name, value in want.items() if value}
        sns.create_topic(Name=self.name, Attributes=attributes, Tags=pairs(tags))

    def update(self, sns: Any, want: State, changed: frozenset[str]) -> None:
        have = _attributes(sns, self.arn) if "Policy" in changed else {}
        attributes = {**want, "Policy": merge(want["Policy"], have.get("Policy", "{}"))}
        for name in sorted(changed):
            value = _text(attributes[name])
            sns.set_topic_attributes(TopicArn=self.arn, AttributeName=name, AttributeValue=value)

    @staticmethod
    def delete(sns: Any, home: str, name: str) -> None:
        sns.delete_topic(TopicArn=f"{home}:{name}")


def _attributes(sns: Any, arn: str) -> State:
    attributes: State = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    return attributes


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
