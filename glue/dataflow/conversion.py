"""Conversion: converts pending objects to Parquet with as few Spark reads as possible."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the usual name

from dataflow.group_rows import rows_of
from dataflow.grouping import Group, Grouping
from dataflow.layout import OBJECT, directory_name, write_layout_of
from dataflow.manifest import entry_of
from dataflow.rows import INTERNAL_COLUMNS, Count, counted, rejects
from dataflow.skip_reasons import Deferred, SkipReason, Unreadable
from dataflow.sources import Object, Table
from dataflow.store import Store
from dataflow.widening import Widening, widenings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame

    from dataflow.options import Options

Json = dict[str, Any]

REJECTED = "dataflowxpress/rejected/"
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    # Write dates before 1582 unchanged.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    # The next listing of the source detects objects deleted during a read.
    "spark.sql.files.ignoreMissingFiles": "true",
    # One task for each of 10,000 paths would take longer than reading them.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "64",
    # The table has the types of partition columns.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # Above this size, Spark splits generated code: the JVM does not compile larger methods.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # A task keeps one writer open for each object, and sorts only above this number.
    "spark.sql.maxConcurrentOutputFileWriters": "64",
    "spark.sql.optimizer.plannedWrite.enabled": "false",
}
UNREADABLE = (  # errors of Spark that are permanent for an object
    "TextParsingException",
    "is not a Parquet file",
    "ParquetDecodingException",
    "SchemaColumnConvertNotSupportedException",
    "CANNOT_MERGE_SCHEMAS",
    "DATATYPE_MISMATCH",
)


class Conversion:
    """The conversion of a run's pending objects."""

    def __init__(self, options: Options, run: str, store: Store) -> None:
        self.options, self.run, self.store = options, run, store
        self.write_layouts: dict[str, Json] = {}
        self.widenings: list[Widening] = []  # of the last call of `convert`

    @cached_property
    def spark(self) -> SparkSession:
        """The Spark session, started at the first conversion."""
        spark = SparkSession.builder.getOrCreate()
        for name, value in SETTINGS.items():
            spark.conf.set(name, value)
        return spark

    def convert(self, pending: list[Object], tables: dict[str, Table], number: int) -> list[Json]:
        """Return an entry for each object: the written rows, or `deferred` with the reason.

        Written rows are valid only after manifest `number`, which contains the entry, is committed.
        If columns need wider types, `widenings` has them: the objects of their tables have no valid
        entries, and stay pending.
        """
        self.widenings = []
        grouped = Grouping(self.options, self.store, tables).of(pending)
        entries = [entry_of(obj, skip_reason) for obj, skip_reason in grouped.skip_reasons]
        for group in grouped.groups:
            entries += self._convert(group, number)
        return entries

    def rewrite(self, entries: list[Json], tables: dict[str, Table], number: int) -> list[Json]:
        """Return new entries for objects that exist only in Parquet, with their tables' types.

        Entries whose rows cannot all have these types are left out.
        """
        stored: dict[tuple[str, str], dict[str, Json]] = defaultdict(dict)
        for entry in entries:
            stored[entry["table"], entry["write_layout"]][entry["key"]] = entry
        new = (
            (group[entry["key"]], entry)
            for (table, _), group in stored.items()
            for entry in self._convert(Group.of_stored(tables[table], group), number)
        )
        return [
            {**old, "directories": entry["directories"], "write_layout": entry["write_layout"]}
            for old, entry in new
            if entry.get("rows") == old["rows"]
        ]

    def _convert(self, group: Group, number: int) -> list[Json]:
        """Convert a group; if the read fails, halve it until the failing object is alone."""
        try:
            with _permanent_errors_as_skip_reasons():
                return self._write(group, f"{number:010d}-{uuid.uuid4().hex[:8]}")
        except SkipReason as skip_reason:
            if len(group.objects) == 1:
                return [entry_of(group.objects[0], skip_reason, table=group.table.name)]
        middle = len(group.objects) // 2
        halves = (group.objects[:middle], group.objects[middle:])
        return [
            entry
            for half in halves
            for entry in self._convert(replace(group, objects=half), number)
        ]

    def _write(self, group: Group, attempt: str) -> list[Json]:
        target = write_layout_of(group.table, self.options)["target"]
        rows = rows_of(self.spark, self.options, group, attempt).persist(StorageLevel.DISK_ONLY)
        try:
            counts, offsets = counted(rows)
            deferred = [name for name, count in counts.items() if count.unknown]
            complete = rows.where(~F.col(OBJECT).isin(deferred)) if deferred else rows
            if offsets and self.options.type_changes == "Widen":
                self.widenings += widenings(complete, group.table)
            is_outdated = any(each.table == group.table.name for each in self.widenings)
            if is_outdated or (group.stored and offsets):
                return []
            if any(count.read > count.rejected for count in counts.values()):
                self._write_parquet(complete, target)
            if offsets:
                self._write_rejected(rejects(self.spark, complete, offsets))
        finally:
            rows.unpersist()
        partitions = self.store.partitions(f"{target}{OBJECT}={attempt}-")
        entries = []
        for obj in group.objects:
            name = directory_name(attempt, obj)
            directories = partitions.get(f"{target}{OBJECT}={name}/", [])
            entries.append(self._written(obj, group.table, counts.pop(name, None), directories))
        if counts:
            raise RuntimeError(f"Spark returned rows of unexpected objects: {list(counts)[:3]}")
        return entries

    def _write_parquet(self, rows: DataFrame, target: str) -> None:
        (
            rows.where("dfx_reason IS NULL")
            .drop(*INTERNAL_COLUMNS)
            .write.mode("append")
            .partitionBy(OBJECT, *self.options.partitions)
            .option("compression", self.options.compression)
            .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
            .parquet(self.options.url(target))
        )

    def _write_rejected(self, rows: DataFrame) -> None:
        (
            rows.write.mode("append")
            .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
            .json(self.options.url(f"{REJECTED}{self.run}/"))
        )

    def _written(
        self, obj: Object, table: Table, count: Count | None, directories: list[str]
    ) -> Json:
        """Return the entry of an object that was read; *count* is None if it has no rows."""
        if count is None:
            return entry_of(obj, Unreadable("the object has no rows"), table=table.name)
        if count.unknown:
            names = ", ".join(sorted(count.unknown))[:500]
            return entry_of(
                obj, Deferred(f"the catalog table does not have these columns yet: {names}")
            )
        rows = count.read - count.rejected
        if bool(rows) != bool(directories):
            raise RuntimeError(f"{obj.key}: {rows} rows in {len(directories)} directories")
        return {
            **entry_of(obj, table=table.name),
            "read": count.read,
            "rows": rows,
            "rejected": count.rejected,
            "reason": count.example,
            "directories": directories,
            "write_layout": self._write_layout(table),
        }

    def _write_layout(self, table: Table) -> str:
        write_layout = write_layout_of(table, self.options)
        name = hashlib.sha256(json.dumps(write_layout, sort_keys=True).encode()).hexdigest()[:16]
        self.write_layouts[name] = write_layout
        return name


@contextmanager
def _permanent_errors_as_skip_reasons() -> Iterator[None]:
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        text = str(error)
        if "PATH_NOT_FOUND" in text:
            raise Deferred("the object no longer exists") from error
        for marker in UNREADABLE:
            if marker in text:
                line = next(line for line in text.splitlines() if marker in line)
                raise Unreadable(f"Spark cannot read the object: {line.strip()[:300]}") from error
        raise
