"""S3 access logs: records of the requests to a bucket, which S3 writes to another bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.planning.resource import Resource, State, Tags

from .bucket import Bucket


@dataclass(frozen=True, kw_only=True)
class AccessLogs(Resource):
    """The server access logging of a bucket; it has the name of the bucket.

    A bucket has one such configuration, so that it replaces the one of an adopted bucket.
    """

    service = "s3"

    bucket: Bucket
    target: str  # a bucket of the same account and region
    prefix: str

    @property
    def key(self) -> Key:
        """The name of the bucket."""
        return (self.bucket.name,)

    @staticmethod
    def parents(bucket: str) -> tuple[Id, ...]:
        return (Id("Bucket", (bucket,)),)

    def desired(self) -> State:
        return {"TargetBucket": self.target, "TargetPrefix": self.prefix}

    @staticmethod
    def read(s3: Any, bucket: str) -> State | None:
        found: State = s3.get_bucket_logging(Bucket=bucket).get("LoggingEnabled", {})
        if not found:
            return None
        return {name: found.get(name, "") for name in ("TargetBucket", "TargetPrefix")}

    def create(self, s3: Any, want: State, tags: Tags) -> None:
        self.update(s3, want, frozenset(want))

    def update(self, s3: Any, want: State, changed: frozenset[str]) -> None:
        _put(s3, self.bucket.name, {"LoggingEnabled": want})

    @staticmethod
    def delete(s3: Any, bucket: str) -> None:
        _put(s3, bucket, {})


def _put(s3: Any, bucket: str, status: State) -> None:
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=status)
