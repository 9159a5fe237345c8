"""Manifest log: the state that a bucket's manifests record; the operator reads each one once."""

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
NAMED = 10  # objects that a message names
COUNTS = ("read", "rows", "rejected")
THREADS = 16
RECENT = 50  # manifests whose totals stay in memory, for the runs in the status


class ObjectEntry(NamedTuple):
    """An object's entry in the newest manifest that names it."""

    etag: str
    rows: int
    rejected: int


class ManifestTotals(NamedTuple):
    """The totals of one manifest."""

    run: str
    objects: int
    read: int
    rows: int
    rejected: int
    reasons: tuple[tuple[str, str], ...]  # an object's key, and why it has rejected or no rows
    type_changes: tuple[str, ...] = ()


class ManifestRef(NamedTuple):
    """A manifest in S3's listing; the ETag matters, since numbers restart in an emptied bucket."""

    key: str
    etag: str

    @property
    def number(self) -> int:
        """The manifest's number."""
        return int(self.key[len(MANIFESTS) :].partition(".")[0])


@dataclass
class ManifestLog:
    """The state of one bucket: the newest snapshot plus all later manifests."""

    objects: dict[str, ObjectEntry] = field(default_factory=dict)  # newest entry by key
    waiting: Mapping[str, str] = field(default_factory=dict)  # reason by key
    totals: deque[ManifestTotals] = field(default_factory=lambda: deque(maxlen=RECENT))
    last: ManifestRef | None = None  # the manifest read last

    @classmethod
    def load(cls, s3: Any, bucket: str) -> Self:
        """Read the newest snapshot and all later manifests; earlier ones only for totals."""
        log, number = cls(), 0
        if snapshots := [item["Key"] for item in listing(s3, bucket, SNAPSHOTS)]:
            number = log._restore(gzip.decompress(_read(s3, bucket, snapshots[-1])))
        for ref, manifest in _read_all(s3, bucket, _manifests(s3, bucket, number - RECENT)):
            log._append(ref, manifest, known=ref.number <= number)
        return log

    def follow(self, s3: Any, bucket: str) -> bool:
        """Read the manifests added since; False if the manifest read last no longer exists."""
        if self.last is None:
            return False
        manifests = _manifests(s3, bucket, self.last.number - 1)
        if next(manifests, None) != self.last:
            return False
        for ref, manifest in _read_all(s3, bucket, manifests):
            self._append(ref, manifest)
        return True

    def of_run(self, run: str) -> list[ManifestTotals]:
        """Return the totals of the manifests of one run."""
        return [totals for totals in self.totals if totals.run == run]

    def _restore(self, snapshot: bytes) -> int:
        head, *entries = map(json.loads, snapshot.splitlines())
        self.objects = dict(map(_entry, entries))
        self.waiting = head["waiting"]
        return int(head["number"])

    def _append(
        self, ref: ManifestRef, manifest: Mapping[str, Any], *, known: bool = False
    ) -> None:
        self.totals.append(_totals(manifest))
        self.last = ref
        if not known:
            self.objects.update(map(_entry, manifest["objects"]))
            self.waiting = {each["key"]: each["reason"] for each in manifest["waiting"]}


class ManifestLogs:
    """The manifest logs of all pipelines, by owner.

    One worker at a time uses the log of an owner. Two pipelines whose specs name the same bucket do
    not share a log: concurrent updates would count manifests twice.
    """

    def __init__(self) -> None:
        self._logs: dict[str, ManifestLog] = {}

    def of(self, owner: str, s3: Any, bucket: str) -> ManifestLog:
        """Return the manifest log of *bucket* for *owner*, brought up to date."""
        log = self._logs.get(owner)
        if log is None or not log.follow(s3, bucket):
            log = self._logs[owner] = ManifestLog.load(s3, bucket)
        return log

    def forget(self, owner: str) -> None:
        """Drop the log of a deleted pipeline."""
        self._logs.pop(owner, None)


def listing(s3: Any, bucket: str, prefix: str, **more: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects under a prefix, as S3 lists them."""
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
    """Read manifests concurrently, and yield them in order."""
    ordered = [*refs]
    if not ordered:
        return
    with Pool(min(THREADS, len(ordered))) as pool:
        contents = pool.map(lambda ref: _read(s3, bucket, ref.key), ordered)
        yield from zip(ordered, map(json.loads, contents), strict=True)


def _read(s3: Any, bucket: str, key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def _entry(record: Mapping[str, Any]) -> tuple[str, ObjectEntry]:
    return record["key"], ObjectEntry(record["etag"], record["rows"], record["rejected"])


def _totals(manifest: Mapping[str, Any]) -> ManifestTotals:
    entries = manifest["objects"]
    read, rows, rejected = (sum(each[name] for each in entries) for name in COUNTS)
    reasons = tuple((each["key"], each["reason"]) for each in entries if each["reason"])
    changes = tuple(each["message"] for each in manifest.get("type_changes", ()))
    return ManifestTotals(manifest["run"], len(entries), read, rows, rejected, reasons, changes)
