"""S3 notification: tells a queue of new objects under a prefix.

A bucket has one document of rules for everybody. Of its entries we touch the one with our id, and
since S3 offers no compare-and-swap we read back what we wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.aws.errors import entry_error
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.resource import Absent, Resource, State, Tags

from .bucket import Bucket
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
    """One rule of a bucket's notifications; the name is its id.

    S3 takes one rule per object and event. Whoever adopts a pipeline that was built by hand takes
    the place of the rule that calls the function *instead_of*; any other is somebody else's.
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
        """The bucket, and the rule in it."""
        return (self.bucket.name, self.name)

    @staticmethod
    def parent(bucket: str, name: str) -> Id:
        return Id("Bucket", (bucket,))

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
        document = _document(s3, bucket)
        found = (entry for entry in document.get(QUEUES, ()) if entry["Id"] == name)
        return next(map(_spell, found), Absent(document) if document else None)

    def obstacle(self, found: Absent) -> str:
        theirs = [each for each in self._overlapping(found) if not self._replaces(each)]
        return _ambiguity(self, theirs) if theirs else ""

    def replaces(self, found: Absent) -> Iterator[Change]:
        for entry in self._overlapping(found):
            yield Change((f"Rule {entry['Id']}",), _target(entry), None)

    def _overlapping(self, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        mine = self.desired()
        for kind in TARGETS:
            yield from (entry for entry in document.get(kind, ()) if overlaps(mine, entry))

    def _gives_way(self, entry: Mapping[str, Any]) -> bool:
        return self._replaces(entry) and overlaps(self.desired(), entry)

    def _replaces(self, entry: Mapping[str, Any]) -> bool:
        return bool(self.instead_of) and _target(entry) == self.instead_of

    def create(self, s3: Any, want: State, tags: Tags) -> None:
        self.update(s3, want, frozenset(want))

    def update(self, s3: Any, want: State, changed: frozenset[str]) -> None:
        document = _without(_document(s3, self.bucket.name), self.name)
        for kind in TARGETS.keys() & document.keys():
            document[kind] = [each for each in document[kind] if not self._gives_way(each)]
        entries = [*document.get(QUEUES, ()), {"Id": self.name, **want}]
        try:
            _put(s3, self.bucket.name, {**document, QUEUES: entries})
        except ClientError as error:
            if "ambiguously defined" in error.response["Error"]["Message"]:
                theirs = self._overlapping(document)
                raise Refused(_ambiguity(self, theirs)) from error
            raise
        if "QueueArn" not in (self.read(s3, *self.key) or {}):
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


def _target(entry: Mapping[str, Any]) -> str:
    return next(str(entry[key]) for key in TARGETS.values() if key in entry)


def _ambiguity(its: Notification, theirs: Iterable[Mapping[str, Any]]) -> str:
    named = ", ".join(f"{entry['Id']} ({_target(entry)})" for entry in theirs)
    return (
        f"bucket {its.bucket.name}: the rule {its.name} for new objects under {its.prefix!r}"
        f" overlaps with {named or 'another one'}, and S3 takes only one rule per"
        " object and event: remove that rule or choose another source.prefix"
    )
