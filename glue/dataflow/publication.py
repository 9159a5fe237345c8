"""Publication: commits a round, lets readers see it, and deletes what no reader needs.

Only the PUT of the manifest commits. The other steps compare S3 and the catalog with all manifests,
so that the next run completes what a run that failed has left.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dataflow.batches import STAGED, locations
from dataflow.clients import THREADS
from dataflow.layout import REJECTED, partition_values, rejected_of, target_of, top_of
from dataflow.manifest import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dataflow.catalog import Catalog
    from dataflow.manifest_log import ManifestLog
    from dataflow.options import Options
    from dataflow.packing import Packed
    from dataflow.store import Store
    from dataflow.tables import Table

Json = dict[str, Any]


@dataclass
class Garbage:
    """What no manifest names before a commit: it belongs to runs that cannot commit after it."""

    directories: set[str] = field(default_factory=set)
    staged: list[str] = field(default_factory=list)  # keys of files
    uploads: list[Json] = field(default_factory=list)  # incomplete
    branches: list[tuple[str, str]] = field(default_factory=list)  # of Iceberg tables, by name

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.directories or self.staged or self.uploads or self.branches)


class Publication:
    """The bucket and the catalog of a pipeline, as readers see them."""

    def __init__(
        self, options: Options, store: Store, catalog: Catalog, manifests: ManifestLog
    ) -> None:
        self.options, self.store, self.catalog, self.log = options, store, catalog, manifests
        self._grace = 60 * int(options.replaced_file_retention_minutes)  # seconds

    def complete(self) -> None:
        """Move the committed files that a run has left among the staged ones."""
        targets = self._targets()
        left = {each["Key"]: targets.get(_name(each["Key"])) for each in self.store.keys(STAGED)}
        self.store.complete({key: target for key, target in left.items() if target})

    def garbage(self, tables: Iterable[Table], packed: Packed, done: Iterable[Json]) -> Garbage:
        """List what neither the manifests nor the next commit name."""
        entries = {**self.log.entries, **{entry["key"]: entry for entry in done}}
        batches = {**self.log.batches, **packed.batches}
        known = {each.directory for each in batches.values() if each}
        for entry in entries.values():
            known |= {top_of(each) for each in _object_directories(entry)}
        replaced = self.replaced(packed).keys()
        prefixes = [
            prefix
            for table in tables
            for prefix in (target_of(table, self.options), rejected_of(table))
        ]
        with ThreadPoolExecutor(THREADS) as pool:
            listed = set().union(*pool.map(self.store.directories, prefixes))
        expired = {*packed.replaced, *self.log.replaced} - replaced
        found = Garbage(directories=(listed | expired) - known - replaced)
        targets = self._targets()
        staged = (each["Key"] for each in self.store.keys(STAGED))
        found.staged = [
            key for key in staged if key not in packed.copies and _name(key) not in targets
        ]
        # AWS' compaction of Iceberg tables uploads under the target prefix, too.
        ours = () if self.options.is_iceberg else (self.options.target_prefix,)
        for prefix in (*ours, REJECTED, STAGED):
            found.uploads += self.store.incomplete_uploads(prefix)
        return found

    def replaced(self, packed: Packed) -> dict[str, str]:
        """Return the directories that stay for their readers, and when other ones replaced them."""
        now = time.time()
        directories = {**self.log.replaced, **dict.fromkeys(packed.replaced, utc(now))}
        return {
            directory: at
            for directory, at in directories.items()
            if datetime.fromisoformat(at).timestamp() + self._grace > now
        }

    def publish(self, tables: Mapping[str, Table], packed: Packed, garbage: Garbage) -> None:
        """Let readers see what the manifests name, and delete what they do not need any more."""
        self.store.complete(packed.copies)
        before = self._publish(tables)
        # What readers have seen until now is an orphan for the next run.
        directories = [each for each in garbage.directories if not self._is_seen(each, before)]
        self.store.delete(directories)
        self.store.delete_keys(garbage.staged)
        self.store.abort(garbage.uploads)

    def _publish(self, tables: Mapping[str, Table]) -> set[str]:
        """Update the catalog; return the locations that it had and has no more."""
        partitions: dict[str, dict[tuple[str, ...], str]] = {}
        rejected: dict[str, list[str]] = {}
        keys = tuple(self.options.partitions)
        for batch in self.log.batches.values():
            if batch.partition_by == keys:
                partitions.setdefault(batch.table, {}).update(batch.partitions)
        for entry in self.log.entries.values():
            for each in entry.get("directories", ()):  # from before tables had batches
                partitions.setdefault(entry["table"], {})[partition_values(each)] = each
            if each := entry.get("rejected_directory"):
                rejected.setdefault(entry["table"], []).append(each)
        used = self.log.used()

        def publish(name: str) -> set[str]:
            table, columns = tables[name], used.get(name, ())
            before = self.catalog.publish(table, partitions.get(name, {}), columns)
            self.catalog.publish_rejected(table, rejected.get(name, ()))
            return before

        names = tables.keys() & {entry["table"] for entry in self.log.entries.values()}
        with ThreadPoolExecutor(THREADS) as pool:
            return set().union(*pool.map(publish, sorted(names)))

    def _is_seen(self, directory: str, before: Iterable[str]) -> bool:
        """Return whether the catalog had a directory until now, so that its time begins now."""
        url = self.options.url(directory)
        return self._grace > 0 and any(each.startswith(url) for each in before)

    def _targets(self) -> dict[str, str]:
        """Return the keys of all committed files by their names."""
        return {_name(key): key for key in locations(self.log.batches)}


def _object_directories(entry: Json) -> list[str]:
    directories = list(entry.get("directories", ()))
    rejected = entry.get("rejected_directory")
    return [*directories, rejected] if rejected else directories


def _name(key: str) -> str:
    return key.rpartition("/")[2]
