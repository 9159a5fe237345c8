"""Emptying: a bucket loses all that is in it, however much that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataflowxpress.aws.errors import entry_error


def emptied(s3: Any, bucket: str) -> Iterator[str]:
    """Remove every unfinished upload, object, version and delete marker; yield how far it is."""
    for upload in _uploads(s3, bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    removed = 0
    for entries in _pages_of_versions(s3, bucket):
        _remove(s3, bucket, entries)
        removed += len(entries)
        yield f"{removed} objects and versions are removed, more follow"


def _uploads(s3: Any, bucket: str) -> Iterator[Mapping[str, Any]]:
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        yield from page.get("Uploads", ())


def _pages_of_versions(s3: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    """Yield up to 1,000 at a time, always the first ones: those before are removed meanwhile."""
    while True:
        page = s3.list_object_versions(Bucket=bucket)
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not found:
            return
        yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _remove(s3: Any, bucket: str, entries: list[dict[str, str]]) -> None:
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries, "Quiet": True})
    for failed in answer.get("Errors", ()):
        words = f"{failed['Key']}: {failed.get('Message', '')}"
        raise entry_error("DeleteObjects", failed["Code"], words)
