"""Run: repeats list, convert, commit and publish until nothing is pending.

The PUT of a manifest commits a round. A failure before it has no effect. After a later failure,
the next run completes the round, because each run compares the catalog and the target with all
manifests and not only with its own work.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from dataflow.catalog import Catalog
from dataflow.catalog_changes import CatalogChanges
from dataflow.conversion import Conversion
from dataflow.coverage import Coverage
from dataflow.crawls import crawls_of
from dataflow.iceberg.settings import settings
from dataflow.iceberg.target import IcebergTarget
from dataflow.layout import can_be_rewritten, is_current, write_layout_of
from dataflow.manifest import is_refused, manifest_of
from dataflow.manifest_log import ManifestLog
from dataflow.packing import Packed
from dataflow.publication import Publication
from dataflow.requests import Requests
from dataflow.source_catalog import SourceCatalog
from dataflow.spark import Spark
from dataflow.store import Store
from dataflow.target import ParquetTarget, Staged

if TYPE_CHECKING:
    from dataflow.objects import Object
    from dataflow.options import Options
    from dataflow.tables import Table
    from dataflow.target import Target
    from dataflow.widening import Widening

Json = dict[str, Any]

ROUND_OBJECTS = 10_000  # in one manifest; limits the memory and the loss after a crash
ROUNDS = 1_000
NAMED = 100  # refused objects in the summary of a run
RUNS = "dataflowxpress/runs/"  # summaries of runs, for the emails


class Run:
    """One run of the job."""

    def __init__(self, options: Options, run: str) -> None:
        self.options, self.run = options, run
        self.store, self.catalog = Store(options), Catalog(options)
        self.source_catalog = SourceCatalog(options)
        self.requests = Requests(self.store)
        self.manifests = ManifestLog(self.store)
        spark = Spark(settings(options) if options.is_iceberg else {})
        self.conversion = Conversion(options, run, self.manifests, spark)
        self.publication = Publication(options, self.store, self.catalog, self.manifests)
        self.crawls = crawls_of(options, frozenset(self.manifests.waiting))
        self.target: Target = (
            IcebergTarget(options, self.store, self.catalog, self.manifests, spark)
            if options.is_iceberg
            else ParquetTarget(options, self.store, self.manifests)
        )
        self.done: Counter[str] = Counter()
        self.widened: list[Widening] = []  # in this run
        self.refused: list[Json] = []  # objects of this run that cannot be read
        self.recorded = 0  # widenings that a manifest records
        self.changes = CatalogChanges()

    def convert_everything(self) -> None:
        """Convert all pending objects, also those that arrive meanwhile, and write a summary."""
        started, before = time.time(), self.manifests.number
        coverage = Coverage(self.store, started)
        if self._convert_rounds(coverage):
            coverage.record()
        if self.done["objects"]:
            waiting = len(self.manifests.waiting)
            summary: Json = {"run": self.run, **self.done, "waiting": waiting}
            summary["refused_objects"] = self.refused[:NAMED]
            summary["type_changes"] = [each.record() for each in self.widened]
            summary["seconds"] = round(time.time() - started)
            self.store.create(f"{RUNS}{self.run}.json", json.dumps(summary).encode())
        self.target.maintain(self.manifests.used(), before)

    def _convert_rounds(self, coverage: Coverage) -> bool:
        """Convert until nothing is pending; return whether that was reached."""
        self.publication.complete()
        sources = self.store.sources()
        for turn in range(ROUNDS):
            started = time.time()
            self.requests.refresh()
            found = self.source_catalog.tables(sources, self.requests.forgotten)
            tables = {table.name: table for table in found}
            pending = self._pending(sources, tables)
            stored = self._stored(sources, tables)
            if turn and not pending and not stored:
                return True
            attempted, needed = self._convert(pending, stored, tables)
            listed = time.time()
            before, sources = sources, self.store.sources()
            done = [self._with_requests(entry) for entry in attempted if "deferred" not in entry]
            deferred = {
                entry["key"]: entry["deferred"] for entry in attempted if "deferred" in entry
            }
            remaining = {obj.key for obj in pending} - {entry["key"] for entry in done}
            reasons = {**self.manifests.waiting, **deferred}
            waiting = {key: reason for key, reason in reasons.items() if key in remaining}
            self._commit_and_publish(started, done, waiting, tables)
            self.crawls.request(before[entry["key"]] for entry in attempted if "uncrawled" in entry)
            entries = self.manifests.entries
            self.requests.close(entries[key] for key in sources if key in entries)
            if not done and not needed and sources == before:
                return True
            coverage.until = listed
        return False

    def _convert(
        self, pending: list[Object], stored: list[Json], tables: dict[str, Table]
    ) -> tuple[list[Json], list[Widening]]:
        """Convert objects, rewrite stored entries, and widen the columns that need it.

        The entries of a widened table are left out: the next round converts its objects with the
        new types, and also those of earlier runs.
        """
        self.conversion.begin_attempt()
        possible = [obj for obj in pending if obj.key not in self.changes.futile]
        seen = self.crawls.seen(possible)
        entries = self.conversion.convert(possible[:ROUND_OBJECTS], tables, seen)
        entries += self.conversion.rewrite(stored[:ROUND_OBJECTS], tables)
        needed, futile = self.changes.of_round(self.conversion.widenings)
        entries += [{"key": key, "deferred": reason} for key, reason in futile.items()]
        for widening in self.source_catalog.change(needed):
            _log("widened", run=self.run, change=widening.record()["message"])
            self.widened.append(widening)
        outdated = {widening.table for widening in needed}
        self.conversion.written = [
            each for each in self.conversion.written if each.table not in outdated
        ]
        return [entry for entry in entries if entry.get("table") not in outdated], needed

    def _stored(self, sources: dict[str, Object], tables: dict[str, Table]) -> list[Json]:
        """Return the entries of deleted objects whose Parquet has another layout than its table.

        Their rows stay, and one table has one type for each column.
        """
        wanted = self._wanted(tables)
        return [
            entry
            for key, entry in self.manifests.entries.items()
            if key not in sources
            and (entry.get("batch") or entry.get("directories"))
            and entry["table"] in wanted
            and can_be_rewritten(
                self.manifests.write_layouts[entry["write_layout"]], wanted[entry["table"]]
            )
        ]

    def _wanted(self, tables: dict[str, Table]) -> dict[str, Json]:
        """Return the write layout that the rows of each table must have."""
        return {name: write_layout_of(table, self.options) for name, table in tables.items()}

    def _pending(self, sources: dict[str, Object], tables: dict[str, Table]) -> list[Object]:
        """Return the pending objects, oldest first; objects that waited before are last."""
        wanted = self._wanted(tables)
        pending = [obj for obj in sources.values() if self._is_pending(obj, wanted)]
        return sorted(
            pending, key=lambda obj: (obj.key in self.manifests.waiting, obj.modified, obj.key)
        )

    def _is_pending(self, obj: Object, wanted: dict[str, Json]) -> bool:
        entry = self.manifests.entries.get(obj.key)
        if not entry or entry["etag"] != obj.etag:
            return True
        if self.requests.unfulfilled(entry):
            return True
        if not entry["write_layout"]:  # refused: other options can make it readable
            return bool(entry.get("reading", self.conversion.reading) != self.conversion.reading)
        if entry["table"] not in wanted:
            return False
        written = self.manifests.write_layouts[entry["write_layout"]]
        return not is_current(written, wanted[entry["table"]])

    def _with_requests(self, entry: Json) -> Json:
        """Add the requests that an entry fulfils."""
        requests = self.requests.matching(entry["key"])
        return {**entry, "requests": requests} if requests else entry

    def _commit_and_publish(
        self, started: float, done: list[Json], waiting: dict[str, str], tables: dict[str, Table]
    ) -> None:
        """Commit the entries, then let readers see them and delete orphans."""
        if self.target.prepare(self.conversion, done, tables):
            self._commit(started, Staged([], Packed(), []), self.manifests.waiting)
        staged = self.target.stage(self.conversion, done, tables)
        garbage = self.publication.garbage(tables.values(), staged.packed, staged.entries)
        garbage.branches = self.target.orphans(staged.records, tables)
        # Orphans alone also require a commit: it uses the next number, so a run that is still
        # writing these orphans can no longer commit them.
        if done or garbage or waiting != self.manifests.waiting:
            self._commit(started, staged, waiting)
        self.target.publish()
        self.publication.publish(tables, staged.packed, garbage)
        self.target.finish(tables, garbage.branches)
        self.manifests.compact()

    def _commit(self, started: float, staged: Staged, waiting: dict[str, str]) -> None:
        done, packed = staged.entries, staged.packed
        manifest = manifest_of(
            self.run,
            self.options.pipeline,
            started,
            done,
            self.conversion.write_layouts,
            waiting,
            packed.batches,
            self.publication.replaced(packed),
        )
        manifest["type_changes"] = [each.record() for each in self.widened[self.recorded :]]
        if staged.records:
            manifest["staged"] = staged.records
        self.manifests.commit(manifest)
        self.recorded = len(self.widened)
        totals = manifest["totals"]
        self.done.update(
            {name: totals[name] for name in ("objects", "rows", "rejected", "refused")}
        )
        self.refused += [
            {"key": entry["key"], "reason": entry["reason"]} for entry in done if is_refused(entry)
        ]
        _log("committed", run=self.run, manifest=self.manifests.number, **totals)


def _log(message: str, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"message": message, **fields}) + "\n")
