"""Grouping: combines pending objects into groups that Spark can read together."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from dataflow.skip_reasons import Deferred, SkipReason, Unreadable
from dataflow.sources import (
    Object,
    Table,
    check_key,
    columns_of,
    first_record,
    looks_like_pattern,
    table_of,
)
from dataflow.store import THREADS, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dataflow.options import Options

Json = dict[str, Any]

HEAD_BYTES = (64 * 1024, 1024 * 1024)  # of an object to read for its header


@dataclass(frozen=True)
class Group:
    """Objects of one table with the same header."""

    table: Table
    header: tuple[str, ...]
    objects: tuple[Object, ...]
    is_large: bool = False  # a single object that several tasks can read
    stored: Mapping[str, Json] | None = None  # entries whose Parquet is read, by key

    @classmethod
    def of_stored(cls, table: Table, entries: Mapping[str, Json]) -> Group:
        """Return the group of objects of which only the Parquet exists."""
        objects = (Object(key, each["etag"], each["size"], "") for key, each in entries.items())
        return cls(table, (), tuple(objects), stored=entries)


class Grouped(NamedTuple):
    """The readable groups, and the reasons for skipping the other objects."""

    groups: list[Group]
    skip_reasons: list[tuple[Object, SkipReason]]


class Grouping:
    """Reads the first bytes of many objects in parallel."""

    def __init__(self, options: Options, store: Store, tables: dict[str, Table]) -> None:
        self.options, self.store, self.tables = options, store, tables

    def of(self, objects: Iterable[Object]) -> Grouped:
        """Return the objects in groups; objects that need a separate read get their own group."""
        similar: dict[tuple[str, tuple[str, ...], str], list[Object]] = defaultdict(list)
        skip_reasons = []
        objects = [*objects]
        with ThreadPoolExecutor(THREADS) as pool:
            for obj, found in zip(objects, pool.map(self._probe, objects), strict=True):
                if isinstance(found, SkipReason):
                    skip_reasons.append((obj, found))
                else:
                    similar[*found, self._separation(obj)].append(obj)
        groups = [
            Group(self.tables[name], header, tuple(each), is_large=self._is_large(each[0]))
            for (name, header, _), each in similar.items()
        ]
        return Grouped(groups, skip_reasons)

    def _separation(self, obj: Object) -> str:
        """Return a value that differs for objects that one read cannot combine."""
        if self._is_large(obj):
            return obj.key
        return "patterns" if looks_like_pattern(obj.key) else ""

    def _is_large(self, obj: Object) -> bool:
        """Return whether to check if several tasks can read an object.

        Several tasks can always read JSON and Parquet.
        """
        is_csv = self.options.source_format == "csv" and self.options.csv_header == "true"
        return is_csv and obj.size >= int(self.options.large_mb) * 1024 * 1024

    def _probe(self, obj: Object) -> tuple[str, tuple[str, ...]] | SkipReason:
        """Return the table and the header of an object, or the reason for skipping it."""
        try:
            check_key(obj)
            table = table_of(obj.key, self.tables.values())
            return table.name, self._header(obj, table)
        except SkipReason as skip_reason:
            return skip_reason

    def _header(self, obj: Object, table: Table) -> tuple[str, ...]:
        try:
            return self._columns(obj, table)
        except Deferred as deferred:
            raise table.explain(deferred) from None

    def _columns(self, obj: Object, table: Table) -> tuple[str, ...]:
        if self.options.source_format == "json":
            return tuple(table.file_columns)
        if self.options.source_format == "parquet":
            if self.store.head(obj, 4) != b"PAR1":
                raise Unreadable("not a Parquet file")
            return ()
        record = self._first_record(obj)
        if self.options.csv_header == "true":
            return columns_of(record, table.file_columns)
        if len(record) > len(table.file_columns):
            raise Deferred(
                f"the object has {len(record)} columns,"
                f" the catalog table has only {len(table.file_columns)} yet"
            )
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
