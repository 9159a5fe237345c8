"""Bucket: reads manifests and run summaries, and records the events that were notified."""

import gzip
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, Self

import boto3
from bounded import DOCUMENT, LINE, Etags, parsed, parsing

Json = dict[str, Any]

RESERVED = "dataflowxpress/"
MANIFESTS, SNAPSHOTS = f"{RESERVED}manifests/", f"{RESERVED}snapshots/"
NOTHING: Json = {}


class Bucket(NamedTuple):
    """The bucket of a pipeline, with the prefix and suffix of its uploads.

    S3 denies the calls if another account than *owner* has the bucket.
    """

    name: str
    owner: str
    prefix: str
    suffix: str
    keeps_manifests: bool  # false for a custom script

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Self:
        """Return the bucket that the settings of the function name."""
        suffix, keeps_manifests = settings.get("SUFFIX", ""), settings["KEEPS_MANIFESTS"] == "true"
        bucket, owner = settings["BUCKET"], settings["BUCKET_OWNER"]
        return cls(bucket, owner, settings["PREFIX"], suffix, keeps_manifests)

    def figures(self, run: str) -> Json | None:
        """Return the summary that a run wrote, or None if the run had nothing to convert.

        A custom script writes no summary: its figures are unknown, and the result is empty.
        """
        if not self.keeps_manifests:
            return {}
        key = f"{RESERVED}runs/{run}.json"
        if not self._exists(key):
            return None
        with parsing(key):
            return dict(self._json(key))

    def waiting(self) -> int | None:
        """Count the uploads whose current content is in no manifest; None for a custom script.

        Raises Unreadable if a snapshot or manifest is too large or malformed.
        """
        if not self.keeps_manifests:
            return None
        converted = self._converted()
        return len(
            [
                item
                for item in self._listed(self.prefix)
                if item["Key"].endswith(self.suffix)
                and not item["Key"].endswith("/")
                and converted.get(item["Key"]) != item["ETag"].strip('"')
            ]
        )

    def is_notified(self, event: str) -> bool:
        """Return whether the notification of an event was sent."""
        return self._exists(f"{RESERVED}notified/{event}")

    def mark_notified(self, event: str) -> None:
        """Record that the notification of an event was sent."""
        _s3().put_object(**self._owned, Key=f"{RESERVED}notified/{event}", Body=b"")

    def _converted(self) -> dict[str, str]:
        """Return the ETags of the converted objects: newest snapshot, then later manifests."""
        etags, number = Etags(), 0
        for key in [item["Key"] for item in self._listed(SNAPSHOTS)][-1:]:
            with parsing(key):
                entries = self._lines(key)
                number = int(next(entries, NOTHING)["number"])
                etags.record(key, entries)
        for item in self._listed(MANIFESTS, StartAfter=f"{MANIFESTS}{number:010d}.json"):
            with parsing(item["Key"]):
                etags.record(item["Key"], self._json(item["Key"])["objects"])
        return etags.by_key

    @property
    def _owned(self) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": self.owner}

    def _listed(self, prefix: str, **more: str) -> Iterator[Json]:
        pages = _s3().get_paginator("list_objects_v2")
        for page in pages.paginate(**self._owned, Prefix=prefix, **more):
            yield from page.get("Contents", ())

    def _exists(self, key: str) -> bool:
        return any(item["Key"] == key for item in self._listed(key))

    def _json(self, key: str) -> Any:
        return parsed(key, self._stream(key).read(DOCUMENT + 1), DOCUMENT)

    def _lines(self, key: str) -> Iterator[Any]:
        """Yield the JSON lines of a compressed object, without the complete content in memory."""
        limit = DOCUMENT
        with gzip.GzipFile(fileobj=self._stream(key)) as lines:
            while line := lines.readline(limit + 1):
                yield parsed(key, line, limit)
                limit = LINE

    def _stream(self, key: str) -> Any:
        return _s3().get_object(**self._owned, Key=key)["Body"]


@cache
def _s3() -> Any:
    return boto3.client("s3")
