"""Emptying: removes all content of a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataflowxpress.aws.errors import raise_failed_entries


def empty_bucket(s3: Any, bucket: str) -> Iterator[str]:
    """Remove every incomplete upload, object version and delete marker; yield progress messages."""
    for upload in _uploads(s3, bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    removed = 0
    for entries in _pages_of_versions(s3, bucket):
        _remove(s3, bucket, entries)
        removed += len(entries)
        yield f"{removed} object versions removed, deletion continues"


def _uploads(s3: Any, bucket: str) -> Iterator[Mapping[str, Any]]:
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        yield from page.get("Uploads", ())


def _pages_of_versions(s3: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    """Yield up to 1,000 versions at a time.

    Each call lists the first page again, because the caller has removed the previous versions.
    """
    while True:
        page = s3.list_object_versions(Bucket=bucket)
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not found:
            return
        yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _remove(s3: Any, bucket: str, entries: list[dict[str, str]]) -> None:
    response = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries, "Quiet": True})
    raise_failed_entries("DeleteObjects", response)
