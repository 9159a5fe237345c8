"""S3 URI: the bucket and the key in an `s3://` URI.

It is not a URL: `#`, `?` and `%` are characters of the key.
"""

from __future__ import annotations

from typing import NamedTuple, Self


class S3Uri(NamedTuple):
    """A bucket, and a key or the beginning of keys."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Return the parts of *uri*."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return cls(bucket, key)
