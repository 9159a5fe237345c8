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
OF_ENCRYPTED_CRAWLERS = "/aws-glue/crawlers-role/"  # of crawlers with a security configuration


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
    kms_key_arn: str = ""  # empty: a key that CloudWatch Logs manages

    def desired(self) -> State:
        return {"retentionInDays": self.retention_days, "kmsKeyId": self.kms_key_arn or None}

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
        key = {"kmsKeyId": self.kms_key_arn} if self.kms_key_arn else {}
        logs.create_log_group(logGroupName=self.name, tags=dict(tags), **key)
        self.update(logs, want, frozenset({"retentionInDays"}))

    def update(self, logs: Any, want: State, changed: frozenset[str]) -> None:
        if "retentionInDays" in changed:
            days = want["retentionInDays"]
            logs.put_retention_policy(logGroupName=self.name, retentionInDays=days)
        if "kmsKeyId" in changed and want["kmsKeyId"]:
            logs.associate_kms_key(logGroupName=self.name, kmsKeyId=want["kmsKeyId"])
        elif "kmsKeyId" in changed:
            logs.disassociate_kms_key(logGroupName=self.name)

    @staticmethod
    def delete(logs: Any, name: str) -> None:
        logs.delete_log_group(logGroupName=name)


def _states(page: Mapping[str, Any]) -> dict[Key, State]:
    return {(group["logGroupName"],): group for group in page["logGroups"]}
