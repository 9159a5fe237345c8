"""S3 notification: sends events about new objects under a prefix to a queue.

A bucket has one notification document for all rules. The operator changes only the rule with its
own id. S3 has no compare-and-swap, so the operator reads the document again after each write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.aws.errors import client_error
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.resource import Absent, Resource, State, Tags

from .bucket import Bucket
from .key_filter import encoded
from .overlap import overlaps
from .queue import Queue

QUEUES = "QueueConfigurations"
TARGETS = {
    QUEUES: "QueueArn",
    "TopicConfigurations": "TopicArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}


@dataclass(frozen=True, kw_only=True)
class Notification(Resource):
    """One rule in a bucket's notification document; its name is the id of the rule.

    S3 allows one rule per object and event. Adoption sets *instead_of* to a function's ARN: the
    rule then replaces overlapping rules that invoke that function. Other overlaps are conflicts.
    """

    service = "s3"

    bucket: Bucket
    queue: Queue
    prefix: str
    suffix: str = ""
    events: tuple[str, ...] = ("s3:ObjectCreated:*",)
    instead_of: str = ""  # the ARN of a function

    @property
    def key(self) -> Key:
        """The names of the bucket and of the rule."""
        return (self.bucket.name, self.name)

    @staticmethod
    def parents(bucket: str, name: str) -> tuple[Id, ...]:
        return (Id("Bucket", (bucket,)),)

    def desired(self) -> State:
        given = {"prefix": encoded(self.prefix), "suffix": encoded(self.suffix)}
        rules = [{"Name": name, "Value": value} for name, value in given.items() if value]
        return {
            "QueueArn": self.queue.arn,
            "Events": sorted(self.events),
            "Filter": {"Key": {"FilterRules": rules}},
        }

    @staticmethod
    def read(s3: Any, bucket: str, name: str) -> State | None:
        document = _document(s3, bucket)
        found = (entry for entry in document.get(QUEUES, ()) if entry["Id"] == name)
        return next(map(_normalized, found), Absent(document) if document else None)

    def obstacle(self, found: Absent) -> str:
        conflicts = [each for each in self._overlapping(found) if not self._replaces(each)]
        return _ambiguity(self, conflicts) if conflicts else ""

    def replaces(self, found: Absent) -> Iterator[Change]:
        for entry in self._overlapping(found):
            yield Change((f"Rule {entry['Id']}",), _target(entry), None)

    def _overlapping(self, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        rule = self.desired()
        for kind in TARGETS:
            yield from (entry for entry in document.get(kind, ()) if overlaps(rule, entry))

    def _is_replaced(self, entry: Mapping[str, Any]) -> bool:
        return self._replaces(entry) and overlaps(self.desired(), entry)

    def _replaces(self, entry: Mapping[str, Any]) -> bool:
        return bool(self.instead_of) and _target(entry) == self.instead_of

    def create(self, s3: Any, want: State, tags: Tags) -> None:
        self.update(s3, want, frozenset(want))

    def update(self, s3: Any, want: State, changed: frozenset[str]) -> None:
        document = _without(_document(s3, self.bucket.name), self.name)
        for kind in TARGETS.keys() & document.keys():
            document[kind] = [each for each in document[kind] if not self._is_replaced(each)]
        entries = [*document.get(QUEUES, ()), {"Id": self.name, **want}]
        try:
            _put(s3, self.bucket.name, {**document, QUEUES: entries})
        except ClientError as error:
            if "ambiguously defined" in error.response["Error"]["Message"]:
                raise Refused(_ambiguity(self, self._overlapping(document))) from error
            raise
        if "QueueArn" not in (self.read(s3, *self.key) or {}):
            raise client_error("PutBucketNotificationConfiguration", "OperationAborted", _LOST)

    @staticmethod
    def delete(s3: Any, bucket: str, name: str) -> None:
        document = _document(s3, bucket)
        if (remaining := _without(document, name)) != document:
            _put(s3, bucket, remaining)


_LOST = "another client replaced the bucket's notification document at the same time"


def _document(s3: Any, bucket: str) -> dict[str, Any]:
    response = s3.get_bucket_notification_configuration(Bucket=bucket)
    return {part: value for part, value in response.items() if part != "ResponseMetadata"}


def _put(s3: Any, bucket: str, document: State) -> None:
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=document)


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    others = [entry for entry in document.get(QUEUES, ()) if entry["Id"] != name]
    return {**document, QUEUES: others} if QUEUES in document else document


def _normalized(entry: Mapping[str, Any]) -> State:
    """Return *entry* as `desired` does: S3 returns `Prefix` for `prefix`, in any order."""
    given = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    rules = sorted((rule["Name"].lower(), rule["Value"]) for rule in given)
    normalized = [{"Name": name, "Value": value} for name, value in rules if value]
    return {
        "QueueArn": entry["QueueArn"],
        "Events": sorted(entry["Events"]),
        "Filter": {"Key": {"FilterRules": normalized}},
    }


def _target(entry: Mapping[str, Any]) -> str:
    return next(str(entry[key]) for key in TARGETS.values() if key in entry)


def _ambiguity(rule: Notification, conflicts: Iterable[Mapping[str, Any]]) -> str:
    names = ", ".join(f"{entry['Id']} ({_target(entry)})" for entry in conflicts)
    return (
        f"bucket {rule.bucket.name}: notification rule {rule.name} for prefix {rule.prefix!r}"
        f" overlaps with {names or 'another rule'}. S3 allows one rule per object and event:"
        " remove the other rule or change source.prefix"
    )
