"""Conversion: pending objects into Parquet, in as few Spark reads as their headers allow."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as all the world calls it

from dataflow.layout import OBJECT, directory_name, form_of
from dataflow.rows import (
    counted,
    csv_rows,
    json_rows,
    judged,
    located,
    parquet_rows,
    raw_text,
    read_parquet,
)
from dataflow.sources import (
    Finding,
    Object,
    Table,
    Unreadable,
    Waits,
    check_key,
    columns_of,
    first_record,
    looks_like_pattern,
    path_values,
    table_of,
)
from dataflow.store import THREADS, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame

    from dataflow.options import Options

Json = dict[str, Any]

REJECTED = "dataflowxpress/rejected/"
HEAD_BYTES = (64 * 1024, 1024 * 1024)  # what is read of an object to find its header
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    # Dates before 1582 are written as they are.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    # What goes while it is read is seen when the source is listed again.
    "spark.sql.files.ignoreMissingFiles": "true",
    # A task for each of 10,000 paths would take longer than reading them.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "64",
    # A task writes its objects side by side, and sorts only when there are many.
    "spark.sql.maxConcurrentOutputFileWriters": "64",
    "spark.sql.optimizer.plannedWrite.enabled": "false",
}
UNREADABLE = (  # what Spark says of objects that no retry makes readable
    "TextParsingException",
    "is not a Parquet file",
    "ParquetDecodingException",
    "SchemaColumnConvertNotSupportedException",
    "CANNOT_MERGE_SCHEMAS",
    "DATATYPE_MISMATCH",
)


@dataclass(frozen=True)
class Group:
    """Objects that one Spark read takes together: of one table, with one header."""

    table: Table
    header: tuple[str, ...]
    objects: tuple[Object, ...]


class Conversion:
    """What a run does to its pending objects."""

    def __init__(self, options: Options, run: str, store: Store) -> None:
        self.options, self.run, self.store = options, run, store
        self.forms: dict[str, Json] = {}

    @cached_property
    def spark(self) -> SparkSession:
        """The session, started when there is something to convert."""
        spark = SparkSession.builder.getOrCreate()
        for name, value in SETTINGS.items():
            spark.conf.set(name, value)
        return spark

    def convert(self, pending: list[Object], tables: dict[str, Table], number: int) -> list[Json]:
        """Return an entry for each object: what was written, or `waits` with a reason.

        What was written counts when the manifest `number` names it.
        """
        entries: list[Json] = []
        groups: dict[tuple[str, tuple[str, ...], bool], list[Object]] = defaultdict(list)
        with ThreadPoolExecutor(THREADS) as pool:
            probed = pool.map(lambda obj: self._probe(obj, [*tables.values()]), pending)
            for obj, found in zip(pending, probed, strict=True):
                if isinstance(found, Finding):
                    entries.append(_entry(obj, found))
                else:
                    groups[(*found, looks_like_pattern(obj.key))].append(obj)
        for (name, header, _), objects in groups.items():
            entries += self._convert(Group(tables[name], header, tuple(objects)), number)
        return entries

    def _probe(self, obj: Object, tables: list[Table]) -> tuple[str, tuple[str, ...]] | Finding:
        """Return the table and the header of an object, or why it cannot be read now."""
        try:
            check_key(obj)
            table = table_of(obj.key, tables)
            return table.name, self._header(obj, table)
        except Finding as finding:
            return finding

    def _header(self, obj: Object, table: Table) -> tuple[str, ...]:
        if self.options.source_format == "json":
            return tuple(table.file_columns)
        if self.options.source_format == "parquet":
            if self.store.head(obj, 4) != b"PAR1":
                raise Unreadable("not Parquet")
            return ()
        record = self._first_record(obj)
        if self.options.csv_header == "true":
            return columns_of(record, table.file_columns)
        if len(record) > len(table.file_columns):
            raise Waits(f"{len(record)} columns, the catalog knows {len(table.file_columns)} yet")
        return tuple(table.file_columns[: len(record)])

    def _first_record(self, obj: Object) -> list[str]:
        for length in HEAD_BYTES:
            record = first_record(
                self.store.head(obj, length),
                is_all=obj.size <= length,
                delimiter=self.options.csv_delimiter,
                quote=self.options.csv_quote,
            )
            if record is not None:
                return record
        raise Unreadable(f"not CSV: the first record is longer than {HEAD_BYTES[-1]} bytes")

    def _convert(self, group: Group, number: int) -> list[Json]:
        """Convert a group; if an object spoils it, halve it until that one is alone."""
        try:
            with _naming_what_no_retry_helps():
                return self._write(group, f"{number:010d}-{uuid.uuid4().hex[:8]}")
        except Finding as finding:
            if len(group.objects) == 1:
                return [_entry(group.objects[0], finding, table=group.table.name)]
        middle = len(group.objects) // 2
        halves = (group.objects[:middle], group.objects[middle:])
        return [
            entry
            for half in halves
            for entry in self._convert(replace(group, objects=half), number)
        ]

    def _write(self, group: Group, attempt: str) -> list[Json]:
        target = form_of(group.table, self.options)["target"]
        rows = self._rows(group, attempt).persist(StorageLevel.DISK_ONLY)
        try:
            counts = {row[OBJECT]: row for row in counted(rows).collect()}
            waiting = [name for name, count in counts.items() if count["unknown"]]
            sure = rows.where(~F.col(OBJECT).isin(waiting)) if waiting else rows
            if any(count["read"] > count["rejected"] for count in counts.values()):
                self._write_parquet(sure, target)
            if any(count["rejected"] for count in counts.values()):
                self._write_rejected(sure)
        finally:
            rows.unpersist()
        leaves = self.store.leaves(f"{target}{OBJECT}={attempt}-")
        entries = []
        for obj in group.objects:
            name = directory_name(attempt, obj)
            directories = leaves.get(f"{target}{OBJECT}={name}/", [])
            entries.append(self._written(obj, group.table, counts.pop(name, None), directories))
        if counts:
            raise RuntimeError(f"rows of objects nobody asked for: {list(counts)[:3]}")
        return entries

    def _rows(self, group: Group, attempt: str) -> DataFrame:
        """Return the judged rows of a group."""
        urls = [self.options.url(obj.key) for obj in group.objects]
        rows, columns = self._read(group, urls)
        spelled = {unquote(path): path for path in rows.inputFiles()}
        if len(spelled) < len(urls):
            raise Waits("Spark does not find the object")
        places = [
            {
                "path": spelled[url],
                OBJECT: directory_name(attempt, obj),
                "dfx_key": obj.key,
                "dfx_values": path_values(obj.key, group.table),
            }
            for url, obj in zip(urls, group.objects, strict=True)
        ]
        in_file = {name: f"c{position}" for position, name in enumerate(columns)}
        in_path = {
            name: f"dfx_values[{position}]"
            for position, name in enumerate(group.table.path_columns)
        }
        placed = located(self.spark, rows, places)
        raw = raw_text(columns, self.options)
        return judged(placed, {**in_file, **in_path}, group.table.columns, raw)

    def _read(self, group: Group, urls: list[str]) -> tuple[DataFrame, tuple[str, ...]]:
        if self.options.source_format == "csv":
            return csv_rows(self.spark, urls, len(group.header), self.options), group.header
        if self.options.source_format == "json":
            return json_rows(self.spark, urls, group.header), group.header
        read = read_parquet(self.spark, urls)
        return parquet_rows(read), columns_of(read.columns, group.table.file_columns)

    def _write_parquet(self, rows: DataFrame, target: str) -> None:
        (
            rows.where("dfx_reason IS NULL")
            .drop("dfx_key", "dfx_unknown", "dfx_reason", "dfx_raw")
            .write.mode("append")
            .partitionBy(OBJECT, *self.options.partitions)
            .option("compression", self.options.compression)
            .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
            .parquet(self.options.url(target))
        )

    def _write_rejected(self, rows: DataFrame) -> None:
        (
            rows.where("dfx_reason IS NOT NULL")
            .selectExpr("dfx_key AS object", "dfx_reason AS reason", "dfx_raw AS raw")
            .write.mode("append")
            .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
            .json(self.options.url(f"{REJECTED}{self.run}/"))
        )

    def _written(self, obj: Object, table: Table, count: Any, directories: list[str]) -> Json:
        """Return the entry of an object that was read; Spark counts no object without rows."""
        if count is None:
            return _entry(obj, Unreadable("no rows"), table=table.name)
        if count["unknown"]:
            names = ", ".join(sorted(count["unknown"]))[:500]
            return _entry(obj, Waits(f"the catalog does not know a column yet: {names}"))
        rows = count["read"] - count["rejected"]
        if bool(rows) != bool(directories):
            raise RuntimeError(f"{obj.key}: {rows} rows, but {len(directories)} directories")
        return {
            **_entry(obj, table=table.name),
            "read": count["read"],
            "rows": rows,
            "rejected": count["rejected"],
            "reason": count["example"],
            "directories": directories,
            "form": self._form(table),
        }

    def _form(self, table: Table) -> str:
        form = form_of(table, self.options)
        name = hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()[:16]
        self.forms[name] = form
        return name


def _entry(obj: Object, finding: Finding | None = None, table: str | None = None) -> Json:
    if isinstance(finding, Waits):
        return {"key": obj.key, "waits": str(finding)}
    return {
        "key": obj.key,
        "etag": obj.etag,
        "size": obj.size,
        "table": table,
        "read": 0,
        "rows": 0,
        "rejected": 0,
        "reason": str(finding) if finding else None,
        "directories": [],
        "form": None,
    }


@contextmanager
def _naming_what_no_retry_helps() -> Iterator[None]:
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        text = str(error)
        if "PATH_NOT_FOUND" in text:
            raise Waits("the object is gone") from error
        for sign in UNREADABLE:
            if sign in text:
                line = next(line for line in text.splitlines() if sign in line)
                raise Unreadable(f"Spark cannot read it: {line.strip()[:300]}") from error
        raise
