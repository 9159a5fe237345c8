"""History: what all runs have done, a numbered log of manifests that snapshots make short to read.

A manifest counts from the PUT on that takes its number. A snapshot says what the manifests up to
its number say together; it follows from them alone, so whoever writes it writes the same. Readers
take the newest snapshot and the manifests after it, and whatever dies around a snapshot leaves an
older one that says as much with more manifests after it. Manifests themselves are never deleted.
"""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dataflow.store import THREADS, Taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.store import Store

Json = dict[str, Any]

MANIFESTS = "dataflowxpress/manifests/"
SNAPSHOTS = "dataflowxpress/snapshots/"
EVERY = 100  # manifests after which a snapshot is worth its PUT
KEPT = 2  # snapshots: somebody may be about to read the last but one


class ManifestLog:
    """What the manifests say: the newest entry of each key, and what waits."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.number = self.compacted = 0  # of the newest manifest, and of the newest snapshot
        self.entries: dict[str, Json] = {}  # the newest entry of each key
        self.write_layouts: dict[str, Json] = {}
        self.waiting: dict[str, str] = {}  # keys and reasons
        self._load()

    def commit(self, manifest: Json) -> None:
        """Make a run's work count: one PUT; raises Taken if another run has the number."""
        self.store.create(_manifest_key(self.number + 1), _encoded(manifest))
        self._learn(self.number + 1, manifest)

    def compact(self) -> None:
        """Write a snapshot where many manifests came since the last, and drop outlived ones."""
        if self.number - self.compacted < EVERY:
            return
        key = f"{SNAPSHOTS}{self.number:010d}.jsonl.gz"
        content = gzip.compress(b"\n".join(self._lines()), compresslevel=5, mtime=0)
        with suppress(Taken):  # ... by a run that is believed dead: it says the same
            self.store.create(key, content, "application/gzip")
        self.compacted = self.number
        self.store.delete_keys(self._snapshots()[:-KEPT])

    def _load(self) -> None:
        if snapshots := self._snapshots():
            self._take(gzip.decompress(self.store.read(snapshots[-1])))
        for number, manifest in self._manifests():
            self._learn(number, manifest)

    def _snapshots(self) -> list[str]:
        return [entry["Key"] for entry in self.store.keys(SNAPSHOTS)]

    def _manifests(self) -> Iterator[tuple[int, Json]]:
        """Yield the manifests after those that are known, oldest first."""
        listed = self.store.keys(MANIFESTS, StartAfter=_manifest_key(self.number))
        keys = [entry["Key"] for entry in listed if entry["Key"].endswith(".json")]
        with ThreadPoolExecutor(THREADS) as pool:
            for key, content in zip(keys, pool.map(self.store.read, keys), strict=True):
                yield int(key[len(MANIFESTS) : -len(".json")]), json.loads(content)

    def _learn(self, number: int, manifest: Json) -> None:
        self.number = number
        self.entries.update((entry["key"], entry) for entry in manifest["objects"])
        self.write_layouts.update(manifest["write_layouts"])
        self.waiting = {entry["key"]: entry["reason"] for entry in manifest["waiting"]}

    def _take(self, snapshot: bytes) -> None:
        head, *entries = map(json.loads, snapshot.splitlines())
        self.number = self.compacted = head["number"]
        self.write_layouts, self.waiting = head["write_layouts"], head["waiting"]
        self.entries = {entry["key"]: entry for entry in entries}

    def _lines(self) -> Iterator[bytes]:
        used = {entry["write_layout"] for entry in self.entries.values()}
        write_layouts = {
            name: write_layout
            for name, write_layout in sorted(self.write_layouts.items())
            if name in used
        }
        yield _encoded(
            {"number": self.number, "write_layouts": write_layouts, "waiting": self.waiting}
        )
        for key in sorted(self.entries):
            yield _encoded(self.entries[key])


def _manifest_key(number: int) -> str:
    return f"{MANIFESTS}{number:010d}.json"


def _encoded(content: Json) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
