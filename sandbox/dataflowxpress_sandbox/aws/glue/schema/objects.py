"""Objects: lists and samples the objects under an S3 path."""

from __future__ import annotations

import bz2
import fnmatch
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataflowxpress_sandbox.aws.s3_uri import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = 4 << 20  # bytes


@dataclass(frozen=True)
class S3Object:
    """An object under the crawled path."""

    bucket: str
    key: str
    size: int
    folders: tuple[str, ...]  # between the path and the object

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def compression(self) -> str:
        """The compression by the suffix of the key, as a value of the catalog."""
        suffix = self.name.rsplit(".", 1)[-1].lower()
        return {"gz": "gzip", "bz2": "bzip2"}.get(suffix, "none")


def under(s3: Any, path: str, exclusions: list[str]) -> Iterator[S3Object]:
    """Yield the objects under a path, without folder markers and empty objects."""
    bucket, prefix = S3Uri.parse(path)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for each in (each for page in pages for each in page.get("Contents", [])):
        inside = each["Key"].removeprefix(prefix).lstrip("/")
        excluded = any(fnmatch.fnmatchcase(inside, pattern) for pattern in exclusions)
        if each["Size"] and not excluded and not each["Key"].endswith("/"):
            folders = tuple(inside.split("/")[:-1])
            yield S3Object(bucket, each["Key"], each["Size"], folders)


def head(s3: Any, found: S3Object) -> tuple[bytes, bool]:
    """Return the first bytes of an object, uncompressed, and whether they are its whole content."""
    request = {"Bucket": found.bucket, "Key": found.key, "Range": f"bytes=0-{SAMPLE - 1}"}
    data: bytes = s3.get_object(**request)["Body"].read()
    whole = found.size <= SAMPLE
    if found.compression == "none":
        return data, whole
    expand = zlib.decompressobj(47) if found.compression == "gzip" else bz2.BZ2Decompressor()
    text = expand.decompress(data, SAMPLE)
    return text, whole and expand.eof


def tail(s3: Any, found: S3Object, size: int) -> bytes:
    """Return the last bytes of an object."""
    request = {"Bucket": found.bucket, "Key": found.key, "Range": f"bytes=-{size}"}
    data: bytes = s3.get_object(**request)["Body"].read()
    return data
