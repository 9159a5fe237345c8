"""Emptying: a bucket loses all that is in it, however much that is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from dataflowxpress.errors import entry_error

log = logging.getLogger(__name__)


def empty(s3: Any, bucket: str) -> None:
    """Remove every unfinished upload, object, version and delete marker, page by page."""
    for upload in _uploads(s3, bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    removed = 0
    for entries in _pages_of_versions(s3, bucket):
        _remove(s3, bucket, entries)
        removed += len(entries)
        log.info("bucket %s: %d objects and versions removed", bucket, removed)


def _uploads(s3: Any, bucket: str) -> Iterator[Mapping[str, Any]]:
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        yield from page.get("Uploads", ())


def _pages_of_versions(s3: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    """Yield up to 1,000 at a time: as many as one answer lists, and one request may name."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if found:
            yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _remove(s3: Any, bucket: str, entries: list[dict[str, str]]) -> None:
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries, "Quiet": True})
    for failed in answer.get("Errors", ()):
        words = f"{failed['Key']}: {failed.get('Message', '')}"
        raise entry_error("DeleteObjects", failed["Code"], words)
