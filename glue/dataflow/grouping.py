"""Grouping: pending objects in groups that one Spark read takes together."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dataflow.sources import (
    Deferred,
    Object,
    SkipReason,
    Table,
    Unreadable,
    check_key,
    columns_of,
    first_record,
    looks_like_pattern,
    table_of,
)
from dataflow.store import THREADS, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflow.options import Options

HEAD_BYTES = (64 * 1024, 1024 * 1024)  # what is read of an object to find its header


@dataclass(frozen=True)
class Group:
    """Objects of one table, with one header."""

    table: Table
    header: tuple[str, ...]
    objects: tuple[Object, ...]
    is_large: bool = False  # a single object that is worth more than one task


class Grouped(NamedTuple):
    """What can be read, and why the others cannot."""

    groups: list[Group]
    skip_reasons: list[tuple[Object, SkipReason]]


class Grouping:
    """Looks at the first bytes of objects, many at a time."""

    def __init__(self, options: Options, store: Store, tables: dict[str, Table]) -> None:
        self.options, self.store, self.tables = options, store, tables

    def of(self, objects: Iterable[Object]) -> Grouped:
        """Return objects grouped; what no read may mix stands apart."""
        alike: dict[tuple[str, tuple[str, ...], str], list[Object]] = defaultdict(list)
        skip_reasons = []
        objects = [*objects]
        with ThreadPoolExecutor(THREADS) as pool:
            for obj, found in zip(objects, pool.map(self._probe, objects), strict=True):
                if isinstance(found, SkipReason):
                    skip_reasons.append((obj, found))
                else:
                    alike[*found, self._apart(obj)].append(obj)
        groups = [
            Group(self.tables[name], header, tuple(each), is_large=self._is_large(each[0]))
            for (name, header, _), each in alike.items()
        ]
        return Grouped(groups, skip_reasons)

    def _apart(self, obj: Object) -> str:
        """Return what keeps an object out of the read of others."""
        if self._is_large(obj):
            return obj.key
        return "patterns" if looks_like_pattern(obj.key) else ""

    def _is_large(self, obj: Object) -> bool:
        """Whether it is worth a look if many tasks can read it; JSON and Parquet always can."""
        is_csv = self.options.source_format == "csv" and self.options.csv_header == "true"
        return is_csv and obj.size >= int(self.options.large_mb) * 1024 * 1024

    def _probe(self, obj: Object) -> tuple[str, tuple[str, ...]] | SkipReason:
        """Return the table and the header of an object, or why it cannot be read now."""
        try:
            check_key(obj)
            table = table_of(obj.key, self.tables.values())
            return table.name, self._header(obj, table)
        except SkipReason as skip_reason:
            return skip_reason

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
            raise Deferred(
                f"{len(record)} columns, the catalog knows {len(table.file_columns)} yet"
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
