"""S3 object: a folder marker or a file that the operator uploads."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.planning.resource import Resource, State, Tags

from .bucket import Bucket


@dataclass(frozen=True, kw_only=True)
class Object(Resource):
    """An object, named by its key; an empty one whose key ends with a slash is a folder marker."""

    service = "s3"
    modified = "LastModified"

    bucket: Bucket
    body: bytes = field(repr=False)
    content_type: str = ""

    @property
    def key(self) -> Key:
        """The bucket's name and the object's key."""
        return (self.bucket.name, self.name)

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket.name}/{self.name}"

    @staticmethod
    def parents(bucket: str, key: str) -> tuple[Id, ...]:
        return (Id("Bucket", (bucket,)),)

    def desired(self) -> State:
        digest = hashlib.sha256(self.body).digest()
        content_type = {"ContentType": self.content_type} if self.content_type else {}
        return {"ChecksumSHA256": base64.b64encode(digest).decode(), **content_type}

    @staticmethod
    def read(s3: Any, bucket: str, key: str) -> State:
        """Read the checksum that S3 computed, which reveals any change of the content."""
        answer: State = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        return answer

    def create(self, s3: Any, want: State, tags: Tags) -> None:
        self.update(s3, want, frozenset(want))

    def update(self, s3: Any, want: State, changed: frozenset[str]) -> None:
        s3.put_object(Bucket=self.bucket.name, Key=self.name, Body=self.body, **want)

    @staticmethod
    def delete(s3: Any, bucket: str, key: str) -> None:
        s3.delete_object(Bucket=bucket, Key=key)
