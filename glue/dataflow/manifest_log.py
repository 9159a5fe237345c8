"""Manifest log: the numbered manifests of all runs, with snapshots that shorten reads.

The PUT of a manifest under the next number commits it. A snapshot contains the combined entries of
all manifests up to its number. It depends on these manifests only, so every writer writes the same
content. Readers load the newest snapshot and the manifests after it. If a run fails while it writes
a snapshot, readers use an older snapshot and more manifests. Manifests are never deleted.
"""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dataflow.batches import Batch
from dataflow.clients import THREADS
from dataflow.store import AlreadyExists

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.store import Store

Json = dict[str, Any]

MANIFESTS = "dataflowxpress/manifests/"
SNAPSHOTS = "dataflowxpress/snapshots/"
SNAPSHOT_INTERVAL = 100  # manifests
SNAPSHOTS_KEPT = 2  # a reader may have listed the last but one


class ManifestLog:
    """The combined manifests: the newest entry of each key, and the waiting objects."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.number = self.compacted = 0  # of the newest manifest, and of the newest snapshot
        self.entries: dict[str, Json] = {}  # the newest entry of each key
        self.write_layouts: dict[str, Json] = {}
        self.waiting: dict[str, str] = {}  # keys and reasons
        self.staged: list[Json] = []  # what the newest manifest has staged; earlier is published
        self.batches: dict[str, Batch] = {}  # by name
        self.replaced: dict[str, str] = {}  # directories, and when other ones replaced them
        self.totals: dict[str, Json] = {}  # of each Iceberg table, for the status
        self._load()

    def current_batches(self) -> dict[str, Batch]:
        """Return the batch of each object that has one, by key."""
        return {
            key: self.batches[entry["batch"]]
            for key, entry in self.entries.items()
            if entry.get("batch")
        }

    def used(self) -> dict[str, tuple[str, ...]]:
        """Return the columns of all converted objects, by table."""
        layouts = {
            (entry["table"], entry["write_layout"])
            for entry in self.entries.values()
            if entry["write_layout"]
        }
        used: dict[str, dict[str, None]] = {}
        for table, layout in sorted(layouts):
            used.setdefault(table, {}).update(dict.fromkeys(self.write_layouts[layout]["types"]))
        return {table: tuple(columns) for table, columns in used.items()}

    def commit(self, manifest: Json) -> None:
        """Commit a run's work with one PUT; raises AlreadyExists if another run used the number."""
        self.store.create(_manifest_key(self.number + 1), _encoded(manifest))
        self._apply(self.number + 1, manifest)

    def compact(self) -> None:
        """Write a snapshot if the interval has passed, and delete old snapshots."""
        if self.number - self.compacted < SNAPSHOT_INTERVAL:
            return
        key = f"{SNAPSHOTS}{self.number:010d}.jsonl.gz"
        content = gzip.compress(b"\n".join(self._snapshot_lines()), compresslevel=5, mtime=0)
        with suppress(AlreadyExists):  # by a run that timed out; the content is the same
            self.store.create(key, content, "application/gzip")
        self.compacted = self.number
        self.store.delete_keys(self._snapshots()[:-SNAPSHOTS_KEPT])

    def _load(self) -> None:
        if snapshots := self._snapshots():
            self._load_snapshot(gzip.decompress(self.store.read(snapshots[-1])))
        for number, manifest in self._manifests():
            self._apply(number, manifest)

    def _snapshots(self) -> list[str]:
        return [entry["Key"] for entry in self.store.keys(SNAPSHOTS)]

    def _manifests(self) -> Iterator[tuple[int, Json]]:
        """Yield the manifests that are not loaded yet, oldest first."""
        listed = self.store.keys(MANIFESTS, StartAfter=_manifest_key(self.number))
        keys = [entry["Key"] for entry in listed if entry["Key"].endswith(".json")]
        with ThreadPoolExecutor(THREADS) as pool:
            for key, content in zip(keys, pool.map(self.store.read, keys), strict=True):
                yield int(key[len(MANIFESTS) : -len(".json")]), json.loads(content)

    def _apply(self, number: int, manifest: Json) -> None:
        self.number = number
        self.entries.update((entry["key"], entry) for entry in manifest["objects"])
        self.write_layouts.update(manifest["write_layouts"])
        self.waiting = {entry["key"]: entry["reason"] for entry in manifest["waiting"]}
        for name, record in manifest.get("batches", {}).items():
            self.batches.pop(name, None)
            if record:
                self.batches[name] = Batch.parse(name, record)
        self.replaced = manifest.get("replaced", {})
        self.staged = manifest.get("staged", [])
        self.totals.update(
            (each["table"], each["totals"]) for each in self.staged if "totals" in each
        )

    def _load_snapshot(self, snapshot: bytes) -> None:
        head, *entries = map(json.loads, snapshot.splitlines())
        self.number = self.compacted = head["number"]
        self.write_layouts, self.waiting = head["write_layouts"], head["waiting"]
        self.entries = {entry["key"]: entry for entry in entries}
        batches = head.get("batches", {})
        self.batches = {name: Batch.parse(name, each) for name, each in batches.items()}
        self.replaced = head.get("replaced", {})
        self.totals = head.get("totals", {})

    def _snapshot_lines(self) -> Iterator[bytes]:
        used = {entry["write_layout"] for entry in self.entries.values()}
        write_layouts = {
            name: write_layout
            for name, write_layout in sorted(self.write_layouts.items())
            if name in used
        }
        yield _encoded(
            {
                "number": self.number,
                "write_layouts": write_layouts,
                "waiting": self.waiting,
                "batches": {name: self.batches[name].record() for name in sorted(self.batches)},
                "replaced": self.replaced,
                "totals": {name: self.totals[name] for name in sorted(self.totals)},
            }
        )
        for key in sorted(self.entries):
            yield _encoded(self.entries[key])


def _manifest_key(number: int) -> str:
    return f"{MANIFESTS}{number:010d}.json"


def _encoded(content: Json) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
