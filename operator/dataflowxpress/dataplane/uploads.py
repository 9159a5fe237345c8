"""Uploads: the objects under a source prefix, and what the manifests record of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dataflowxpress.api.spec import Source
from dataflowxpress.api.timestamps import format_time

from .manifest_log import ManifestLog
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


def pending_and_refused(
    log: ManifestLog, found: Iterable[Upload]
) -> tuple[tuple[Upload, ...], list[tuple[Upload, str]]]:
    """Return the objects that no manifest records, and the refused ones with their reasons."""
    pending, refused = [], []
    for upload in found:
        entry = log.objects.get(upload.key)
        if entry is None or entry.etag != upload.etag:
            pending.append(upload)
        elif entry.refusal:
            refused.append((upload, entry.refusal))
    return tuple(pending), refused
