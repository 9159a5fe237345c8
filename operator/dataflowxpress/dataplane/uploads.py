"""Uploads: the objects under a source prefix, and what the manifests record of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from heapq import heappush, heappushpop
from typing import Any, NamedTuple

from dataflowxpress.api.spec import Source
from dataflowxpress.api.status import RefusedObject
from dataflowxpress.api.timestamps import format_time

from .manifest_log import NAMED, ManifestLog
from .manifest_reads import listing


class Upload(NamedTuple):
    """An object under the source prefix, as S3 lists it."""

    key: str
    etag: str
    modified: str


def uploads(s3: Any, bucket: str, source: Source) -> Iterator[Upload]:
    """Yield the objects under the source prefix that the job reads."""
    for item in listing(s3, bucket, source.prefix):
        if item["Key"].endswith(source.suffix) and not item["Key"].endswith("/"):
            yield Upload(item["Key"], item["ETag"].strip('"'), format_time(item["LastModified"]))


def converted(s3: Any, bucket: str, source: Source, log: ManifestLog) -> Iterator[Upload]:
    """Yield the uploaded objects of which the log records rows in Parquet."""
    for upload in uploads(s3, bucket, source):
        if (entry := log.objects.get(upload.key)) and entry.rows:
            yield upload


class Keys:
    """A set of listed objects in constant memory: how many they are, and a hash of them."""

    def __init__(self, found: Iterable[str] = ()) -> None:
        self.count, self._hash = 0, b""  # of the objects so far, so that it can be packed
        for text in found:
            self.add(text)

    def add(self, *texts: str) -> None:
        """Add an object by what identifies it; the order of S3's listing is the order of keys."""
        self.count += 1
        self._hash = hashlib.sha256(self._hash + repr(texts).encode()).digest()

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def digest(self) -> str:
        """A hash that changes with the objects."""
        return self._hash.hex()


class Pending(Keys):
    """The uploads that no manifest records; a bucket can have millions of them."""

    oldest = newest = ""  # upload times

    def add_upload(self, upload: Upload) -> None:
        """Add an upload."""
        self.add(*upload)
        self.oldest = min(self.oldest or upload.modified, upload.modified)
        self.newest = max(self.newest, upload.modified)


class RefusedUploads:
    """The number of refused uploads, and the newest of them with their reasons."""

    def __init__(self) -> None:
        self.count = 0
        self._newest: list[tuple[str, str, str]] = []  # a heap: time, key, reason

    def add(self, upload: Upload, reason: str) -> None:
        """Add an upload that a run has refused."""
        self.count += 1
        entry = (upload.modified, upload.key, reason)
        (heappush if len(self._newest) < NAMED else heappushpop)(self._newest, entry)

    @property
    def newest(self) -> tuple[RefusedObject, ...]:
        """The newest refused uploads, as many as a message names."""
        by_age = sorted(self._newest, reverse=True)
        return tuple(RefusedObject(key=key, reason=reason) for _, key, reason in by_age)


def pending_and_refused(
    log: ManifestLog, found: Iterable[Upload]
) -> tuple[Pending, RefusedUploads]:
    """Return the objects that no manifest records, and the refused ones; holds no list of them."""
    pending, refused = Pending(), RefusedUploads()
    for upload in found:
        entry = log.objects.get(upload.key)
        if entry is None or entry.etag != upload.etag:
            pending.add_upload(upload)
        elif entry.refusal:
            refused.add(upload, entry.refusal)
    return pending, refused
