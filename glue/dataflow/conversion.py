"""Conversion: converts pending objects in tasks of Spark, and describes them as entries."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from dataflow.layout import reading_of, write_layout_of
from dataflow.manifest import entry_of
from dataflow.objects import Object, check_key
from dataflow.skip_reasons import Deferred, SkipReason, Unreadable
from dataflow.tables import Table, table_of
from dataflow.task import Job, Outcome, Work
from dataflow.task_pool import ProcessLost, TaskPool
from dataflow.widening import Widening

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from dataflow.options import Options

Json = dict[str, Any]


class Conversion:
    """The conversion of a run's pending objects."""

    def __init__(self, options: Options, run: str) -> None:
        self.options, self.run = options, run
        self.reading = reading_of(options)
        self.pool = TaskPool(int(options.spark_mb) * 1024 * 1024)
        self.write_layouts: dict[str, Json] = {}
        self.widenings: list[Widening] = []  # of the last call of `convert`

    def convert(
        self,
        pending: Sequence[Object],
        tables: Mapping[str, Table],
        used: Mapping[str, tuple[str, ...]],
        seen: Collection[str],
        number: int,
    ) -> list[Json]:
        """Return an entry for each object: the written rows, or `deferred` with the reason.

        *used* has the columns of the objects that are already converted, by table. Objects *seen*
        have waited for a crawl before. Written rows are valid only after manifest `number`, which
        contains the entry, is committed. If columns are missing or need wider types, `widenings`
        has them: the objects of their tables have no valid entries, and stay pending.
        """
        self.widenings = []
        entries, works = [], []
        for obj in pending:
            try:
                check_key(obj)
                table = table_of(obj.key, tables.values())
            except SkipReason as skip_reason:
                entries.append(entry_of(obj, self.reading, skip_reason))
            else:
                learns = obj.key in seen or self.options.has_crawler == "false"
                if table.columns or learns:
                    works.append(Work(obj, table, used.get(table.name, ()), learns))
                else:
                    reason = Deferred("no catalog table covers the object yet")
                    entries.append(entry_of(obj, self.reading, reason))
        return entries + self._entries(works, number)

    def rewrite(
        self, entries: Sequence[Json], tables: Mapping[str, Table], number: int
    ) -> list[Json]:
        """Return new entries for objects that exist only in Parquet, with their tables' types.

        Entries whose rows cannot all have these types are left out.
        """
        works = [
            Work(
                Object(entry["key"], entry["etag"], entry["size"], ""),
                tables[entry["table"]],
                tuple(self.write_layouts.get(entry["write_layout"], {}).get("types", ())),
                stored=tuple(entry["directories"]),
            )
            for entry in entries
        ]
        old = {entry["key"]: entry for entry in entries}
        kept = ("read", "rejected", "reason", "rejected_directory")
        return [
            {**new, **{name: old[new["key"]].get(name) for name in kept}}
            for new in self._entries(works, number)
            if new.get("rows") == old[new["key"]]["rows"] and not new["rejected"]
        ]

    def _entries(self, works: Sequence[Work], number: int) -> list[Json]:
        if not works:
            return []
        attempt = f"{number:010d}-{uuid.uuid4().hex[:8]}"
        job = Job(self.options, self.run, attempt, time.time())
        by_key = {work.object.key: work for work in works}
        return [
            entry
            for outcome in self._outcomes(job, works)
            if (entry := self._entry(by_key[outcome.key], outcome))
        ]

    def _outcomes(self, job: Job, works: Sequence[Work]) -> list[Outcome]:
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
        if outcome.skipped:
            return entry_of(obj, self.reading, outcome.skipped, table=table.name)
        if outcome.changes:
            return None
        if not outcome.read:
            return entry_of(
                obj, self.reading, Unreadable("the object has no rows"), table=table.name
            )
        rows = outcome.read - outcome.rejected
        if bool(rows) != bool(outcome.directories):
            raise RuntimeError(f"{obj.key}: {rows} rows in {len(outcome.directories)} directories")
        return {
            **entry_of(obj, self.reading, table=table.name),
            "read": outcome.read,
            "rows": rows,
            "rejected": outcome.rejected,
            "reason": outcome.reason,
            "directories": outcome.directories,
            "rejected_directory": outcome.rejected_directory,
            "write_layout": self._write_layout(table, outcome.columns),
        }

    def _write_layout(self, table: Table, columns: Iterable[str]) -> str:
        write_layout = write_layout_of(table, self.options, columns)
        name = hashlib.sha256(json.dumps(write_layout, sort_keys=True).encode()).hexdigest()[:16]
        self.write_layouts[name] = write_layout
        return name
