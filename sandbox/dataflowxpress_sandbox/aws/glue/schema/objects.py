"""Objects: lists the objects under an S3 path, and reads ranges of them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from dataflowxpress_sandbox.aws.s3_uri import S3Uri

from .exclusions import is_excluded

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 1 << 20
_COMPRESSIONS = {
    "gz": "gzip",
    "gzip": "gzip",
    "bz2": "bzip2",
    "zip": "zip",
    "lz4": "lz4",
    "snappy": "snappy",
}


@dataclass(frozen=True)
class S3Object:
    """An object under the crawled path."""

    bucket: str
    key: str
    size: int
    folders: tuple[str, ...]  # between the path and the object
    etag: str = ""

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def compression(self) -> str:
        """The compression by the suffix of the key, as a value of the catalog."""
        return _COMPRESSIONS.get(self.name.rsplit(".", 1)[-1].lower(), "none")


def under(s3: Any, path: str, exclusions: list[str]) -> Iterator[S3Object]:
    """Yield the objects under a path, without folder markers and empty objects."""
    bucket, prefix = S3Uri.parse(path)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for each in (each for page in pages for each in page.get("Contents", [])):
        inside = each["Key"].removeprefix(prefix).lstrip("/")
        excluded = any(is_excluded(inside, pattern) for pattern in exclusions)
        if each["Size"] and not excluded and not each["Key"].endswith("/"):
            folders = tuple(inside.split("/")[:-1])
            yield S3Object(bucket, each["Key"], each["Size"], folders, each["ETag"])


def reader(s3: Any, found: S3Object) -> BinaryIO:
    """Return a seekable stream of an object, which gets one megabyte at a time."""
    return io.BufferedReader(_Ranges(s3, found), MEGABYTE)


class _Ranges(io.RawIOBase):
    """The bytes of an object; each read is a GetObject call with a range."""

    def __init__(self, s3: Any, found: S3Object) -> None:
        self._s3, self._found, self._position = s3, found, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = (0, self._position, self._found.size)[whence]
        self._position = begin + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._position + len(buffer), self._found.size)
        if end <= self._position:
            return 0
        request = {"Bucket": self._found.bucket, "Key": self._found.key}
        request["Range"] = f"bytes={self._position}-{end - 1}"
        data: bytes = self._s3.get_object(**request)["Body"].read()
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
