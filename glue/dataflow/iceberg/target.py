"""Iceberg target: stage on a branch, commit with the manifest, publish by moving `main`.

Appending to `main` first would be wrong: Iceberg rebases appends silently, so the rows of two runs
that take each other for dead would both stay. A branch has no effect until a manifest names it,
and of two runs at the same time only one commits its manifest.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dataflow.iceberg.maintenance import is_due, maintain
from dataflow.iceberg.staging import StagedFiles
from dataflow.iceberg.table import MainMoved
from dataflow.iceberg.tables import BRANCH, Tables, iceberg_name, is_in_place
from dataflow.iceberg.upsert import upsert
from dataflow.layout import ICEBERG
from dataflow.objects import digest
from dataflow.packing import Packing
from dataflow.target import Staged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyspark.sql import DataFrame

    from dataflow.catalog import Catalog
    from dataflow.conversion import Conversion
    from dataflow.iceberg.metadata import Metadata
    from dataflow.iceberg.table import IcebergTable
    from dataflow.manifest_log import ManifestLog
    from dataflow.options import Options
    from dataflow.spark import Spark
    from dataflow.store import Store
    from dataflow.tables import Table

Json = dict[str, Any]

ATTEMPTS = 10  # to publish, while another writer changes the table
PARALLEL = 4  # tables that Spark writes at the same time


class IcebergTarget:
    """Iceberg tables in Glue's catalog."""

    def __init__(
        self,
        options: Options,
        store: Store,
        catalog: Catalog,
        log: ManifestLog,
        spark: Spark,
    ) -> None:
        self.options, self.store, self.catalog = options, store, catalog
        self.log = log
        self.spark, self.tables = spark, Tables(options, store, catalog.glue, spark)

    def prepare(
        self, conversion: Conversion, done: list[Json], tables: Mapping[str, Table]
    ) -> bool:
        """Publish what the newest manifest has staged, so that new branches contain it.

        Return whether `stage` changes tables so that the branches of other runs must not count.
        """
        self.publish()
        self._check_tables(done, tables)
        return not all(
            is_in_place(change)
            for name, entries in _by_table(done).items()
            for change in self.tables.changes(tables[name], _columns(entries, conversion))
        )

    def stage(
        self, conversion: Conversion, done: list[Json], tables: Mapping[str, Table]
    ) -> Staged:
        """Write the rows of the entries to branches; return the entries without batches."""
        branch = f"{BRANCH}{self.log.number + 1:010d}_{uuid.uuid4().hex[:8]}"
        replaced, added = self._replaced(done), _by_table(done)
        for name in added:
            self.tables.ensure(tables[name], _columns(added[name], conversion))
        files = StagedFiles(self.options, self.spark, conversion)
        with ThreadPoolExecutor(PARALLEL) as pool:
            staged = [
                pool.submit(self._stage, branch, name, replaced[name], added[name], files)
                for name in sorted(replaced.keys() | added.keys())
            ]
            records = [each.result() for each in staged]
        entries = [{**entry, "batch": None} for entry in done]
        packing = Packing(self.store, self.options, self.log, conversion.attempt)
        return Staged(entries, packing.pack([], entries, tables), records)

    def orphans(
        self, records: Iterable[Json], tables: Mapping[str, Table]
    ) -> list[tuple[str, str]]:
        """Return the branches that no manifest names, with the names of their tables."""
        known = {(each["table"], each["branch"]) for each in records}
        names = [iceberg_name(name) for name in tables]
        found = zip(names, self.tables.read_all(names), strict=True)
        branches = ((name, each) for name, table in found if table for each in table.branches)
        return sorted(
            (name, branch)
            for name, branch in branches
            if branch.startswith(BRANCH) and (name, branch) not in known
        )

    def publish(self) -> None:
        """Let `main` have the rows of the branches that the newest manifest names."""
        for record in self.log.staged:
            self._publish(record)

    def finish(self, tables: Mapping[str, Table], branches: Iterable[tuple[str, str]]) -> None:
        """Drop branches, and delete the Parquet tables whose rows have all moved."""
        for name, branch in branches:
            self.tables.table(name).drop(branch)
        in_parquet = {batch.table for batch in self.log.batches.values()}
        in_parquet |= {
            each["table"] for each in self.log.entries.values() if each.get("directories")
        }
        for name, table in tables.items():
            if name not in in_parquet:
                self.catalog.retire(table)

    def maintain(self, tables: Iterable[str], before: int) -> None:
        """Maintain tables, if the manifests since number *before* make it due."""
        if not is_due(self.options, before, self.log.number):
            return
        names = [iceberg_name(each) for each in tables]
        for name, metadata in zip(names, self.tables.read_all(names), strict=True):
            if metadata and metadata.branches:
                maintain(self.options, self.tables.table(name))

    def _stage(
        self,
        branch: str,
        table_name: str,
        replaced: list[str],
        added: list[Json],
        files: StagedFiles,
    ) -> Json:
        name = iceberg_name(table_name)
        table = self.tables.table(name)
        table.begin(branch)
        table.delete(branch, replaced)
        if added:
            self._write(table, branch, files.rows(table_name, self.tables.get(name).columns))
        metadata, snapshot = self._checked(name, branch, sum(entry["rows"] for entry in added))
        return {
            "table": name,
            "branch": branch,
            "snapshot": snapshot,
            "totals": metadata.totals[snapshot],
            "replaced": replaced,
            "objects": [digest(entry["key"]) for entry in added],
        }

    def _write(self, table: IcebergTable, branch: str, rows: DataFrame) -> None:
        if self.options.keys:
            upsert(table, branch, rows, self.options)
        else:
            table.append(branch, rows)

    def _checked(self, name: str, branch: str, rows: int) -> tuple[Metadata, int]:
        """Return a table, and the snapshot of a branch.

        Raises RuntimeError if the snapshot has not added all rows.
        """
        metadata = self.tables.get(name)
        snapshot = metadata.branches[branch]
        found = metadata.added[snapshot]
        if rows and found != rows and not self.options.keys:
            raise RuntimeError(f"table {name}: Spark has appended {found} of {rows} rows")
        return metadata, snapshot

    def _replaced(self, done: Iterable[Json]) -> defaultdict[str, list[str]]:
        """Return the objects whose earlier rows the entries replace, by the table of these rows.

        A table from before a change to Parquet and back has rows that the manifests do not name.
        With keys, only newer rows replace others.
        """
        found: defaultdict[str, list[str]] = defaultdict(list)
        for entry in [] if self.options.keys else done:
            old = self.log.entries.get(entry["key"])
            if old and old["table"] and (old["rows"] or not self._is_in_iceberg(old)):
                found[old["table"]].append(digest(old["key"]))
        existing = self.tables.read_all([iceberg_name(name) for name in found])
        for name, metadata in zip([*found], existing, strict=True):
            if not metadata:
                del found[name]
        return found

    def _is_in_iceberg(self, entry: Json) -> bool:
        """Return whether the layout of an entry's rows is that of an Iceberg table."""
        layout = self.log.write_layouts.get(entry["write_layout"] or "", {})
        return layout.get("format") == ICEBERG

    def _check_tables(self, done: Sequence[Json], tables: Mapping[str, Table]) -> None:
        """Raise RuntimeError if a table is gone: a new one would lack the rows of its objects."""
        again = {entry["key"] for entry in done}
        kept = {
            entry["table"]
            for key, entry in self.log.entries.items()
            if key not in again and entry["rows"] and self._is_in_iceberg(entry)
        }
        names = sorted(iceberg_name(name) for name in kept & tables.keys())
        found = zip(names, self.tables.read_all(names), strict=True)
        if missing := [name for name, metadata in found if not metadata]:
            raise RuntimeError(
                f"table {missing[0]} is missing, but manifests name rows in it: register its newest"
                " metadata file in the catalog (see docs/iceberg.md)"
            )

    def _publish(self, record: Json) -> None:
        """Move `main` to the rows of a record; its branch goes last, and says that this is done."""
        name, branch = record["table"], record["branch"]
        candidate, has_moved = branch, False
        for _ in range(ATTEMPTS):
            metadata = self.tables.read(name)
            if not metadata or branch not in metadata.branches:
                return  # published, by an earlier attempt or another run
            table = self.tables.table(name)
            if has_moved:
                candidate = self._rebuilt(record)
            try:
                table.fast_forward(candidate)
            except MainMoved:
                has_moved = True
                continue
            for each in {candidate: None, branch: None}:
                table.drop(each)
            return
        raise RuntimeError(f"table {name} changed during each of {ATTEMPTS} attempts to publish")

    def _rebuilt(self, record: Json) -> str:
        """Return a branch of the newest `main` with the rows of a record."""
        table = self.tables.table(record["table"])
        branch = f"{record['branch']}_{uuid.uuid4().hex[:8]}"  # another run can rebuild it, too
        table.begin(branch)
        if not self.options.keys:
            table.delete(branch, sorted({*record["replaced"], *record["objects"]}))
        if record["objects"]:
            self._write(table, branch, table.rows_of(record["snapshot"], record["objects"]))
        return branch


def _by_table(done: Iterable[Json]) -> defaultdict[str, list[Json]]:
    """Return the entries that have rows, by table."""
    found: defaultdict[str, list[Json]] = defaultdict(list)
    for entry in done:
        if entry["rows"]:
            found[entry["table"]].append(entry)
    return found


def _columns(entries: Iterable[Json], conversion: Conversion) -> dict[str, str]:
    """Return the types of all columns that the rows of entries have."""
    layouts = sorted({entry["write_layout"] for entry in entries})
    types = [conversion.write_layouts[each]["types"] for each in layouts]
    return {name: kind for each in types for name, kind in each.items()}
