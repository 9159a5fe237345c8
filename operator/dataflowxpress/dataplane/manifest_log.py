"""Manifest log: the state that a bucket's manifests record; the operator reads each one once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.api.timestamps import parse_time

from . import bounded
from .bounded import Stored, count, size_of
from .manifest_reads import ManifestRef, manifests, newest, read_all
from .table_storage import Storage

SNAPSHOTS = f"{RESERVED_PREFIX}snapshots/"
REQUESTS = f"{RESERVED_PREFIX}requests/"
NAMED = 10  # objects that a message names
COUNTS = ("read", "rows", "rejected")
LOG_BYTES = 192 * bounded.MIB  # about 650,000 objects with keys of 60 characters
REASON = 300  # characters of a reason that stay in memory
# The job's reasons for an object that has no row to convert.
NO_ROWS = frozenset({"the object has no rows", "the object is empty"})
RECENT = 50  # manifests whose totals stay in memory, for the runs in the status


class ObjectEntry(NamedTuple):
    """An object's entry in the newest manifest that names it."""

    etag: str
    rows: int
    rejected: int
    refusal: str = ""  # why none of its rows is in the Parquet, if it has rows


class ManifestTotals(NamedTuple):
    """The totals of one manifest."""

    run: str
    objects: int
    read: int
    rows: int
    rejected: int
    reasons: tuple[tuple[str, str], ...]  # an object's key, and why it has rejected or no rows
    type_changes: tuple[str, ...] = ()
    size: int = 0  # of reasons and type changes, in bytes of memory


@dataclass
class ManifestLog:
    """The state of one bucket: the newest snapshot plus all later manifests.

    Raises Refused if an object of the log is malformed, or if the log becomes too large.
    """

    objects: dict[str, ObjectEntry] = field(default_factory=dict)  # newest entry by key
    waiting: Mapping[str, str] = field(default_factory=dict)  # reason by key
    replaced: Mapping[str, datetime] = field(default_factory=dict)  # directories that stay, since
    storage: Storage = field(default_factory=Storage)
    totals: deque[ManifestTotals] = field(default_factory=lambda: deque(maxlen=RECENT))
    last: ManifestRef | None = None  # the manifest read last
    size: int = 0  # about the bytes of memory that it takes
    _entries_bytes: int = 0

    @classmethod
    def load(cls, s3: Any, bucket: str) -> Self:
        """Read the newest snapshot and all later manifests; earlier ones only for totals."""
        log, number = cls(), 0
        if snapshot := newest(s3, bucket, SNAPSHOTS):
            number = log._restore(s3, Stored(bucket, snapshot))
        for ref, manifest in read_all(s3, bucket, manifests(s3, bucket, number - RECENT)):
            log._append(Stored(bucket, ref.key), ref, manifest, known=ref.number <= number)
        return log

    def follow(self, s3: Any, bucket: str) -> bool:
        """Read the manifests added since; False if the log has to be loaded again.

        That is so for the first manifest, and if the manifest read last no longer exists.
        """
        refs = manifests(s3, bucket, self.last.number - 1 if self.last else 0)
        if next(refs, None) != self.last:
            return False
        for ref, manifest in read_all(s3, bucket, refs):
            self._append(Stored(bucket, ref.key), ref, manifest)
        return True

    def of_run(self, run: str) -> list[ManifestTotals]:
        """Return the totals of the manifests of one run."""
        return [totals for totals in self.totals if totals.run == run]

    def _restore(self, s3: Any, snapshot: Stored) -> int:
        stream = snapshot.open(s3)
        with bounded.large_reads, snapshot.parsing():
            entries = bounded.lines(snapshot, stream)
            head: Mapping[str, Any] = next(entries, {})
            self.waiting = {str(key): str(reason) for key, reason in head["waiting"].items()}
            self.replaced = times(head.get("replaced", {}))
            self.storage.update(head.get("batches", {}))
            self.storage.update_iceberg(head.get("totals", {}))
            self._record(snapshot, entries)
            return count(head["number"])

    def _append(
        self,
        stored: Stored,
        ref: ManifestRef,
        manifest: Mapping[str, Any],
        *,
        known: bool = False,
    ) -> None:
        with stored.parsing():
            self.totals.append(_totals(manifest))
            if not known:
                reasons = {str(each["key"]): str(each["reason"]) for each in manifest["waiting"]}
                self.waiting = reasons
                self.replaced = times(manifest.get("replaced", {}))
                self.storage.update(manifest.get("batches", {}))
                self.storage.update_iceberg(_totals_of_tables(manifest))
            self._record(stored, () if known else manifest["objects"])
        self.last = ref

    def _record(self, stored: Stored, entries: Iterable[Mapping[str, Any]]) -> None:
        """Record the entries that *stored* has; raises Refused once the log is too large."""
        left = (
            LOG_BYTES
            - size_of(self.waiting.items())
            - size_of((name,) for name in self.replaced)
            - sum(each.size for each in self.totals)
            - self.storage.size
        )
        self._require_room(stored, left)
        for key, entry in map(_entry, entries):
            if before := self.objects.get(key):
                self._entries_bytes -= _bytes(key, before)
            self._entries_bytes += _bytes(key, entry)
            self.objects[key] = entry
            self._require_room(stored, left)
        self.size = LOG_BYTES - left + self._entries_bytes

    def _require_room(self, stored: Stored, left: int) -> None:
        """Raise Refused if the entries take more than the bytes that are *left* for them."""
        if self._entries_bytes > left:
            raise Refused(
                f"the manifests up to {stored} need more than {LOG_BYTES:,} bytes of memory, for"
                f" {len(self.objects):,} objects: move uploads to a second pipeline with another"
                " bucket, or find out who wrote the manifests"
            )


def _entry(record: Mapping[str, Any]) -> tuple[str, ObjectEntry]:
    etag, rows, rejected = str(record["etag"]), count(record["rows"]), count(record["rejected"])
    reason = str(record["reason"] or "")
    refusal = "" if rows or reason in NO_ROWS else reason[:REASON]
    return str(record["key"]), ObjectEntry(etag, rows, rejected, refusal)


def _bytes(key: str, entry: ObjectEntry) -> int:
    return size_of([(key, entry.etag, entry.refusal)])


def times(record: Mapping[str, Any]) -> dict[str, datetime]:
    """Return the directories that a manifest records as replaced, and when they were."""
    return {str(name): parse_time(text) for name, text in record.items()}


def _totals_of_tables(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the totals of the Iceberg tables that a run has changed, by table."""
    staged = (each for each in manifest.get("staged", ()) if "totals" in each)
    return {str(each["table"]): each["totals"] for each in staged}


def _totals(manifest: Mapping[str, Any]) -> ManifestTotals:
    entries = manifest["objects"]
    read, rows, rejected = (sum(count(each[name]) for each in entries) for name in COUNTS)
    reasons = tuple((str(each["key"]), str(each["reason"])) for each in entries if each["reason"])
    changes = tuple(str(each["message"]) for each in manifest.get("type_changes", ()))
    run = str(manifest["run"])
    size = size_of([*reasons, changes, (run,)])
    return ManifestTotals(run, len(entries), read, rows, rejected, reasons, changes, size)
