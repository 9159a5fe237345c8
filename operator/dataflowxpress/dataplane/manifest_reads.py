"""Manifest reads: lists a bucket's manifests, and reads them in order and in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.telemetry.context import Pool

from . import bounded
from .bounded import Stored

MANIFESTS = f"{RESERVED_PREFIX}manifests/"
_MANIFEST = re.compile(rf"{MANIFESTS}[0-9]{{10}}\.json")
THREADS = 16
BATCH, BATCH_BYTES = 64, 4 * bounded.MIB  # of small manifests that are in memory at once


class ManifestRef(NamedTuple):
    """A manifest in S3's listing; the ETag matters, since numbers restart in an emptied bucket."""

    key: str
    etag: str
    size: int  # bytes

    @property
    def number(self) -> int:
        """The manifest's number."""
        return int(self.key.removeprefix(MANIFESTS).removesuffix(".json"))


def listing(s3: Any, bucket: str, prefix: str, **more: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects under a prefix, as S3 lists them."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **more)
    for page in pages:
        yield from page.get("Contents", ())


def newest(s3: Any, bucket: str, prefix: str) -> str:
    """Return the last key under a prefix, or an empty string if there is none."""
    key = ""
    for item in listing(s3, bucket, prefix):
        key = item["Key"]
    return key


def manifests(s3: Any, bucket: str, after: int) -> Iterator[ManifestRef]:
    """Yield the manifests whose number is greater than *after*, in order.

    Raises Refused at an object that is no manifest.
    """
    start = f"{MANIFESTS}{max(after, 0):010d}.json"
    for item in listing(s3, bucket, MANIFESTS, StartAfter=start):
        if not _MANIFEST.fullmatch(item["Key"]):
            raise Stored(bucket, item["Key"]).foreign("manifest")
        yield ManifestRef(item["Key"], item["ETag"], item["Size"])


def read_all(
    s3: Any, bucket: str, refs: Iterable[ManifestRef]
) -> Iterator[tuple[ManifestRef, Mapping[str, Any]]]:
    """Read manifests, and yield them in order: small ones concurrently, large ones one by one."""
    for large, group in groupby(refs, lambda ref: ref.size > bounded.SMALL):
        if large:
            yield from ((ref, _read_large(s3, Stored(bucket, ref.key))) for ref in group)
        else:
            yield from _read_small(s3, bucket, group)


def _read_large(s3: Any, stored: Stored) -> Mapping[str, Any]:
    stream = stored.open(s3)
    with bounded.large_reads:
        manifest: Mapping[str, Any] = bounded.parse(stored, bounded.read(stored, stream))
    return manifest


def _read_small(
    s3: Any, bucket: str, refs: Iterator[ManifestRef]
) -> Iterator[tuple[ManifestRef, Mapping[str, Any]]]:
    for batch in _batches(refs):
        stored = [Stored(bucket, ref.key) for ref in batch]
        with Pool(min(THREADS, len(batch))) as pool:
            contents = pool.map(lambda each: _read_one(s3, each), stored)
            yield from zip(batch, map(bounded.parse, stored, contents), strict=True)


def _batches(refs: Iterable[ManifestRef]) -> Iterator[list[ManifestRef]]:
    batch: list[ManifestRef] = []
    for ref in refs:
        batch.append(ref)
        if len(batch) == BATCH or sum(each.size for each in batch) > BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _read_one(s3: Any, stored: Stored) -> bytes:
    return bounded.read(stored, stored.open(s3), bounded.SMALL)
