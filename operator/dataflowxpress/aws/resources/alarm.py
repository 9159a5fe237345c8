"""CloudWatch alarm: fires when a dead-letter queue contains messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.aws.tags import pairs
from dataflowxpress.planning.resource import Resource, State, Tags

from .queue import Queue
from .topic import Topic

PAGE = 100  # alarms in one answer, the limit of CloudWatch


@dataclass(frozen=True, kw_only=True)
class Alarm(Resource):
    """An alarm on the number of messages in a queue; it notifies a topic."""

    service = "cloudwatch"
    arn_format = "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"
    modified = "AlarmConfigurationUpdatedTimestamp"
    reads_many = True
    lists = True

    queue: Queue
    topic: Topic
    description: str = ""
    threshold: int = 1  # messages
    period_seconds: int = 60

    def desired(self) -> State:
        return {
            "AlarmDescription": self.description,
            "AlarmActions": [self.topic.arn],
            "ActionsEnabled": True,
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": self.queue.name}],
            "Statistic": "Maximum",
            "Period": self.period_seconds,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": float(self.threshold),
            "TreatMissingData": "notBreaching",  # an inactive queue publishes no metrics
        }

    @staticmethod
    def read(cloudwatch: Any, name: str) -> State | None:
        return Alarm.read_many(cloudwatch, [(name,)]).get((name,))

    @staticmethod
    def read_many(cloudwatch: Any, keys: Sequence[Key]) -> Mapping[Key, State]:
        names = [name for (name,) in keys]
        return _states(cloudwatch.describe_alarms(AlarmNames=names))

    @staticmethod
    def list_all(cloudwatch: Any) -> Iterator[Mapping[Key, State]]:
        yield from map(_states, pages(cloudwatch, "describe_alarms", MaxRecords=PAGE))

    def create(self, cloudwatch: Any, want: State, tags: Tags) -> None:
        cloudwatch.put_metric_alarm(AlarmName=self.name, Tags=pairs(tags), **want)

    def update(self, cloudwatch: Any, want: State, changed: frozenset[str]) -> None:
        cloudwatch.put_metric_alarm(AlarmName=self.name, **want)

    @staticmethod
    def delete(cloudwatch: Any, name: str) -> None:
        cloudwatch.delete_alarms(AlarmNames=[name])


def _states(page: Mapping[str, Any]) -> dict[Key, State]:
    found = page["MetricAlarms"]
    return {(each["AlarmName"],): {"AlarmDescription": "", **each} for each in found}
