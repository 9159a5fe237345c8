"""CloudWatch log group: keeps the logs of a function or job for a retention period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.resource import Resource, State, Tags

OF_FUNCTIONS, OF_JOBS = "/dataflowxpress/", "/aws-glue/jobs/"  # prefixes of log group names
OF_CRAWLERS = "/aws-glue/crawlers"  # one group for all crawlers of the account


@dataclass(frozen=True, kw_only=True)
class LogGroup(Resource):
    """A log group.

    The operator creates it first: services create missing groups without a retention period.
    """

    service = "logs"
    arn_format = "arn:{partition}:logs:{region}:{account}:log-group:{name}"
    reads_many = True
    lists = True

    retention_days: int = 30

    def desired(self) -> State:
        return {"retentionInDays": self.retention_days}

    @staticmethod
    def read(logs: Any, name: str) -> State | None:
        found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return next((group for group in found if group["logGroupName"] == name), None)

    @staticmethod
    def read_many(logs: Any, keys: Sequence[Key]) -> Mapping[Key, State]:
        names = [name for (name,) in keys]
        found = map(_states, pages(logs, "describe_log_groups", logGroupIdentifiers=names))
        return {key: state for page in found for key, state in page.items()}

    @staticmethod
    def list_all(logs: Any) -> Iterator[Mapping[Key, State]]:
        yield from map(_states, pages(logs, "describe_log_groups"))

    def create(self, logs: Any, want: State, tags: Tags) -> None:
        logs.create_log_group(logGroupName=self.name, tags=dict(tags))
        self.update(logs, want, frozenset(want))

    def update(self, logs: Any, want: State, changed: frozenset[str]) -> None:
        logs.put_retention_policy(logGroupName=self.name, **want)

    @staticmethod
    def delete(logs: Any, name: str) -> None:
        logs.delete_log_group(logGroupName=name)


def _states(page: Mapping[str, Any]) -> dict[Key, State]:
    return {(group["logGroupName"],): group for group in page["logGroups"]}
