"""S3 notification: tells a queue of new objects under a prefix.

A bucket has one document of rules for everybody. Of its entries we touch the one with our id, and
since S3 offers no compare-and-swap we read back what we wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.core.resource import Key, Resource, State, Tags
from dataflowxpress.errors import Refused, entry_error

from .bucket import Bucket
from .overlap import overlaps
from .queue import Queue

QUEUES = "QueueConfigurations"
KINDS = (QUEUES, "TopicConfigurations", "LambdaFunctionConfigurations")


@dataclass(frozen=True, kw_only=True)
class Notification(Resource):
    """One rule of a bucket's notifications; the name is its id."""

    service = "s3"

    bucket: Bucket
    queue: Queue
    prefix: str
    suffix: str = ""
    events: tuple[str, ...] = ("s3:ObjectCreated:*",)

    @property
    def key(self) -> Key:
        """The bucket, and the rule in it."""
        return (self.bucket.name, self.name)

    def desired(self) -> State:
        given = {"prefix": self.prefix, "suffix": self.suffix}
        rules = [{"Name": name, "Value": value} for name, value in given.items() if value]
        return {
            "QueueArn": self.queue.arn,
            "Events": sorted(self.events),
            "Filter": {"Key": {"FilterRules": rules}},
        }

    @staticmethod
    def read(s3: Any, bucket: str, name: str) -> State | None:
        found = (entry for entry in _document(s3, bucket).get(QUEUES, ()) if entry["Id"] == name)
        return next(map(_spell, found), None)

    def create(self, s3: Any, want: State, tags: Tags) -> None:
        self.update(s3, want, frozenset(want))

    def update(self, s3: Any, want: State, changed: frozenset[str]) -> None:
        document = _without(_document(s3, self.bucket.name), self.name)
        mine = {"Id": self.name, **want}
        entries = [*document.get(QUEUES, ()), mine]
        try:
            _put(s3, self.bucket.name, {**document, QUEUES: entries})
        except ClientError as error:
            if "ambiguously defined" in error.response["Error"]["Message"]:
                raise Refused(_ambiguity(self, mine, document)) from error
            raise
        if self.read(s3, *self.key) is None:
            raise entry_error("PutBucketNotificationConfiguration", "OperationAborted", _LOST)

    @staticmethod
    def delete(s3: Any, bucket: str, name: str) -> None:
        document = _document(s3, bucket)
        if (rest := _without(document, name)) != document:
            _put(s3, bucket, rest)


_LOST = "somebody else wrote the bucket's notifications at the same time"


def _document(s3: Any, bucket: str) -> dict[str, Any]:
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    return {part: value for part, value in answer.items() if part != "ResponseMetadata"}


def _put(s3: Any, bucket: str, document: State) -> None:
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=document)


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    rest = [entry for entry in document.get(QUEUES, ()) if entry["Id"] != name]
    return {**document, QUEUES: rest} if QUEUES in document else document


def _spell(entry: Mapping[str, Any]) -> State:
    """Return *entry* as we write it: S3 answers `Prefix` to `prefix`, and in any order."""
    given = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    rules = sorted((rule["Name"].lower(), rule["Value"]) for rule in given)
    spelled = [{"Name": name, "Value": value} for name, value in rules if value]
    return {
        "QueueArn": entry["QueueArn"],
        "Events": sorted(entry["Events"]),
        "Filter": {"Key": {"FilterRules": spelled}},
    }


def _ambiguity(its: Notification, mine: State, document: Mapping[str, Any]) -> str:
    theirs = ", ".join(_overlapping(mine, document)) or "another one"
    return (
        f"bucket {its.bucket.name}: the rule {its.name} for new objects under {its.prefix!r}"
        f" overlaps with {theirs}, and S3 takes only one rule per object and event:"
        " remove that rule or choose another source.prefix"
    )


def _overlapping(mine: State, document: Mapping[str, Any]) -> Iterator[str]:
    for kind in KINDS:
        for entry in document.get(kind, ()):
            if overlaps(mine, entry):
                yield f"{entry['Id']} ({kind})"
