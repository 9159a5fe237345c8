"""Book: what the manifests of a bucket say, each of them read once."""

from __future__ import annotations

import gzip
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.telemetry.context import Pool

MANIFESTS = f"{RESERVED_PREFIX}manifests/"
SNAPSHOTS = f"{RESERVED_PREFIX}snapshots/"
REQUESTS = f"{RESERVED_PREFIX}requests/"
NAMED = 10  # objects in a message
COUNTS = ("read", "rows", "rejected")
THREADS = 16
RECENT = 50  # manifests whose sums are kept, for the runs that the status shows


class ObjectEntry(NamedTuple):
    """What the newest manifest that names an object says of it."""

    etag: str
    rows: int
    rejected: int


class ManifestTotals(NamedTuple):
    """What one manifest says in sum."""

    run: str
    objects: int
    read: int
    rows: int
    rejected: int
    reasons: tuple[str, ...]


class ManifestRef(NamedTuple):
    """A manifest in S3's listing: numbers begin anew in a bucket that was emptied."""

    key: str
    etag: str

    @property
    def number(self) -> int:
        """The manifest's number."""
        return int(self.key[len(MANIFESTS) :].partition(".")[0])


@dataclass
class ManifestLog:
    """What the manifests of one bucket say: the newest snapshot, and what came after it."""

    objects: dict[str, ObjectEntry] = field(default_factory=dict)  # newest entry by key
    waiting: Mapping[str, str] = field(default_factory=dict)  # reasons by key
    sums: deque[ManifestTotals] = field(default_factory=lambda: deque(maxlen=RECENT))
    last: ManifestRef | None = None  # what was read last

    @classmethod
    def opened(cls, s3: Any, bucket: str) -> Self:
        """Read all that there is; of what a snapshot says only the newest sums once more."""
        log, number = cls(), 0
        if snapshots := [item["Key"] for item in listing(s3, bucket, SNAPSHOTS)]:
            number = log._take(gzip.decompress(_read(s3, bucket, snapshots[-1])))
        for ref, manifest in _read_all(s3, bucket, _manifests(s3, bucket, number - RECENT)):
            log._learn(ref, manifest, known=ref.number <= number)
        return log

    def follow(self, s3: Any, bucket: str) -> bool:
        """Read the manifests that came since; False if what was read last is not there any more."""
        if self.last is None:
            return False
        there = _manifests(s3, bucket, self.last.number - 1)
        if next(there, None) != self.last:
            return False
        for ref, manifest in _read_all(s3, bucket, there):
            self._learn(ref, manifest)
        return True

    def of_run(self, run: str) -> list[ManifestTotals]:
        """Return what the manifests of one run say in sum."""
        return [sums for sums in self.sums if sums.run == run]

    def _take(self, snapshot: bytes) -> int:
        head, *entries = map(json.loads, snapshot.splitlines())
        self.objects = dict(map(_entry, entries))
        self.waiting = head["waiting"]
        return int(head["number"])

    def _learn(self, ref: ManifestRef, manifest: Mapping[str, Any], *, known: bool = False) -> None:
        self.sums.append(_sums(manifest))
        self.last = ref
        if not known:
            self.objects.update(map(_entry, manifest["objects"]))
            self.waiting = {each["key"]: each["reason"] for each in manifest["waiting"]}


class ManifestLogs:
    """The books of all pipelines, by bucket."""

    def __init__(self) -> None:
        self._logs: dict[str, ManifestLog] = {}

    def of(self, s3: Any, bucket: str) -> ManifestLog:
        """Return the book of *bucket*, up to date."""
        log = self._logs.get(bucket)
        if log is None or not log.follow(s3, bucket):
            log = self._logs[bucket] = ManifestLog.opened(s3, bucket)
        return log


def listing(s3: Any, bucket: str, prefix: str, **more: str) -> Iterator[Mapping[str, Any]]:
    """Yield S3's listing of a prefix."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **more)
    for page in pages:
        yield from page.get("Contents", ())


def _manifests(s3: Any, bucket: str, after: int) -> Iterator[ManifestRef]:
    start = f"{MANIFESTS}{max(after, 0):010d}.json"
    for item in listing(s3, bucket, MANIFESTS, StartAfter=start):
        yield ManifestRef(item["Key"], item["ETag"])


def _read_all(
    s3: Any, bucket: str, refs: Iterable[ManifestRef]
) -> Iterator[tuple[ManifestRef, Mapping[str, Any]]]:
    """Read manifests, many at a time, and yield them in order."""
    listed = [*refs]
    if not listed:
        return
    with Pool(min(THREADS, len(listed))) as pool:
        contents = pool.map(lambda ref: _read(s3, bucket, ref.key), listed)
        yield from zip(listed, map(json.loads, contents), strict=True)


def _read(s3: Any, bucket: str, key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def _entry(message: Mapping[str, Any]) -> tuple[str, ObjectEntry]:
    return message["key"], ObjectEntry(message["etag"], message["rows"], message["rejected"])


def _sums(manifest: Mapping[str, Any]) -> ManifestTotals:
    entries = manifest["objects"]
    read, rows, rejected = (sum(each[what] for each in entries) for what in COUNTS)
    reasons = tuple(f"{each['key']}: {each['reason']}" for each in entries if each["reason"])
    return ManifestTotals(manifest["run"], len(entries), read, rows, rejected, reasons)
