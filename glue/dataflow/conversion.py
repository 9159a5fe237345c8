"""Conversion: converts pending objects in tasks of Spark, and describes them as entries."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from dataflow.destinations import with_destinations
from dataflow.layout import reading_of, write_layout_of
from dataflow.manifest import entry_of
from dataflow.objects import Object, check_key, digest
from dataflow.skip_reasons import Deferred, SkipReason, Uncrawled, Unreadable
from dataflow.stored import StoredRows
from dataflow.tables import Table, table_of
from dataflow.task import Job, Outcome, Work
from dataflow.task_pool import ProcessLost, TaskPool
from dataflow.widening import Widening
from dataflow.writing.packed_rows import Written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from dataflow.manifest_log import ManifestLog
    from dataflow.options import Options
    from dataflow.spark import Spark

Json = dict[str, Any]


class Conversion:
    """The conversion of a run's pending objects."""

    def __init__(self, options: Options, run: str, log: ManifestLog, spark: Spark) -> None:
        self.options, self.run, self.log = options, run, log
        self.reading = reading_of(options)
        self.pool = TaskPool(int(options.spark_mb) * 1024 * 1024, spark)
        self.write_layouts: dict[str, Json] = {}
        self.widenings: list[Widening] = []  # of the current attempt
        self.written: list[Written] = []  # of the current attempt
        self.attempt = ""
        self.begin_attempt()

    def begin_attempt(self) -> None:
        """Begin to write rows for the next manifest; nothing else has the name of the attempt."""
        self.number = self.log.number + 1
        self.attempt = f"{self.number:010d}-{uuid.uuid4().hex[:8]}"
        self.widenings, self.written = [], []

    def convert(
        self, pending: Sequence[Object], tables: Mapping[str, Table], seen: Collection[str]
    ) -> list[Json]:
        """Return an entry for each object: the written rows, or `deferred` with the reason.

        No crawl helps the objects *seen*: the catalog gets what it lacks from them. `written` has
        the files with the rows. They are valid only after the next manifest, which contains the
        entry, is committed. If columns are missing or need wider types, `widenings` has them: the
        objects of their tables have no valid entries, and stay pending.
        """
        entries, works = [], []
        used = self.log.used()
        for obj in pending:
            try:
                check_key(obj)
                table = table_of(obj.key, tables.values())
            except SkipReason as skip_reason:
                entries.append(entry_of(obj, self.reading, skip_reason))
            else:
                learns = obj.key in seen
                if table.columns or learns:
                    works.append(Work(obj, table, used.get(table.name, ()), "", learns=learns))
                else:
                    reason = Uncrawled("no catalog table covers the object yet")
                    entries.append(entry_of(obj, self.reading, reason))
        return entries + [
            entry
            for outcome, work in self._converted(works)
            if (entry := self._entry(work, outcome))
        ]

    def rewrite(self, entries: Sequence[Json], tables: Mapping[str, Table]) -> list[Json]:
        """Return new entries for objects that exist only in Parquet, with their tables' types.

        The entries of a batch whose rows cannot all have these types are left out.
        """
        groups: dict[str, list[Json]] = defaultdict(list)
        for entry in entries:
            groups[entry.get("batch") or entry["key"]].append(entry)
        works = {name: self._stored_work(name, each, tables) for name, each in groups.items()}
        names = {work.object.key: name for name, work in works.items()}
        done = []
        for outcome, work in self._converted([*works.values()]):
            self._add_widenings(work, outcome)
            if outcome.batch:
                members = groups[names[work.object.key]]
                done += [self._rewritten(entry, work, outcome) for entry in members]
        return done

    def _stored_work(self, name: str, entries: Sequence[Json], tables: Mapping[str, Table]) -> Work:
        """Return the work of rewriting the rows of some objects of one batch."""
        key = entries[0]["key"] if len(entries) == 1 else f"the deleted objects of batch {name}"
        obj = Object(key, "", sum(entry["size"] for entry in entries), "")
        table = tables[entries[0]["table"]]
        return Work(obj, table, self._columns(entries), name, stored=self._stored(entries))

    def _columns(self, entries: Iterable[Json]) -> tuple[str, ...]:
        layouts = {entry["write_layout"] for entry in entries}
        types = [self.log.write_layouts[layout]["types"] for layout in sorted(layouts)]
        return tuple(dict.fromkeys(name for each in types for name in each))

    def _stored(self, entries: Sequence[Json]) -> StoredRows:
        batch = self.log.batches.get(entries[0].get("batch", ""))
        directories = [batch.directory] if batch else entries[0]["directories"]
        objects = frozenset(digest(entry["key"]) for entry in entries)
        return StoredRows(tuple(directories), objects, sum(entry["rows"] for entry in entries))

    def _rewritten(self, entry: Json, work: Work, outcome: Outcome) -> Json:
        return {
            **{name: value for name, value in entry.items() if name != "directories"},
            "batch": outcome.batch,
            "write_layout": self._write_layout(work.table, outcome.columns),
        }

    def _converted(self, works: Sequence[Work]) -> Iterator[tuple[Outcome, Work]]:
        """Convert objects, and yield the outcome of each."""
        if not works:
            return
        placed = with_destinations(works, self.log, self.options)
        job = Job(self.options, self.run, self.number, self.attempt, time.time())
        by_key = {work.object.key: work for work in placed}
        for outcome in self._outcomes(job, placed):
            if isinstance(outcome, Written):
                self.written.append(outcome)
            else:
                yield outcome, by_key[outcome.key]

    def _outcomes(self, job: Job, works: Sequence[Work]) -> list[Outcome | Written]:
        """Convert objects; find those that end their process, and let them wait."""
        try:
            return self.pool.run(job, works)
        except ProcessLost:
            if len(works) == 1:
                text = "the process that read the object ended; its memory may not suffice"
                return [Outcome(works[0].object.key, skipped=Deferred(text))]
        middle = len(works) // 2
        return self._outcomes(job, works[:middle]) + self._outcomes(job, works[middle:])

    def _entry(self, work: Work, outcome: Outcome) -> Json | None:
        """Return the entry of an object; None if its table first has to change."""
        obj, table = work.object, work.table
        self._add_widenings(work, outcome)
        if outcome.skipped:
            return entry_of(obj, self.reading, outcome.skipped, table=table.name)
        if outcome.changes:
            return None
        if not outcome.read:
            return entry_of(
                obj, self.reading, Unreadable("the object has no rows"), table=table.name
            )
        rows = outcome.read - outcome.rejected
        if bool(rows) != bool(outcome.batch):
            raise RuntimeError(f"{obj.key}: {rows} rows in batch {outcome.batch}")
        return {
            **entry_of(obj, self.reading, table=table.name),
            "read": outcome.read,
            "rows": rows,
            "rejected": outcome.rejected,
            "reason": outcome.reason,
            "batch": outcome.batch,
            "rejected_directory": outcome.rejected_directory,
            "write_layout": self._write_layout(table, outcome.columns),
        }

    def _add_widenings(self, work: Work, outcome: Outcome) -> None:
        obj, table = work.object, work.table
        self.widenings += [
            Widening(
                table.name,
                table.crawled.get(name, name),
                table.columns.get(name, ""),
                new,
                obj.key,
                value,
            )
            for name, (new, value) in outcome.changes.items()
        ]

    def _write_layout(self, table: Table, columns: Iterable[str]) -> str:
        write_layout = write_layout_of(table, self.options, columns)
        name = hashlib.sha256(json.dumps(write_layout, sort_keys=True).encode()).hexdigest()[:16]
        self.write_layouts[name] = write_layout
        return name
