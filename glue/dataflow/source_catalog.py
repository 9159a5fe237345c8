"""Source catalog: the tables that the crawler makes of the uploaded objects, and what they lack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dataflow import clients
from dataflow.logical_tables import CrawledTable, LogicalTable, logical_tables
from dataflow.tables import Table, table_from
from dataflow.values.kinds import written_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dataflow.options import Options
    from dataflow.widening import Widening

Json = dict[str, Any]

ATTEMPTS = 10


class SourceCatalog:
    """The crawler's tables in the Glue database."""

    def __init__(self, options: Options) -> None:
        self.options, self.database = options, options.database
        self.glue = clients.client("glue")
        self._logical: dict[str, LogicalTable] = {}  # by name

    def tables(self, keys: Iterable[str], forgotten: Mapping[str, frozenset[str]]) -> list[Table]:
        """Return the tables of all crawled tables, and of the objects *keys* that have none yet.

        They are without *forgotten* columns, and with the columns that users declared.
        """
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        crawled = [self._crawled(table) for page in pages for table in page["TableList"]]
        known = [table for table in crawled if table]
        found = logical_tables(
            known,
            keys,
            self.options.source_prefix,
            per_folder=self.options.tables == "PerFolder",
            table_prefix=self.options.table_prefix,
        )
        self._logical = {table.name: table for table in found}
        return [self._table(table, forgotten.get(table.name, frozenset())) for table in found]

    def change(self, needed: Iterable[Widening]) -> list[Widening]:
        """Change or add columns of the crawler's tables; return the changes that were made.

        A crawler keeps the types of existing columns.
        """
        by_table: dict[str, list[Widening]] = {}
        for each in needed:
            by_table.setdefault(each.table, []).append(each)
        return [done for name, each in by_table.items() for done in self._change(name, each)]

    def _crawled(self, table: Json) -> CrawledTable | None:
        storage = table.get("StorageDescriptor", {})
        location = re.sub("^s3[an]://", "s3://", storage.get("Location", ""))
        key = location.removeprefix(self.options.url(""))
        is_source = key != location and key.startswith(self.options.source_prefix.rstrip("/"))
        if not is_source or not table["Name"].startswith(self.options.table_prefix):
            return None
        return CrawledTable(
            table["Name"],
            f"{key}/" if f"{key}/" == self.options.source_prefix else key,
            {column["Name"]: self._kind(column) for column in storage.get("Columns", [])},
            {key["Name"]: self._kind(key) for key in table.get("PartitionKeys", [])},
            is_deprecated="DEPRECATED_BY_CRAWLER" in table.get("Parameters", {}),
        )

    def _kind(self, column: Json) -> str:
        kind = written_kind(column["Type"])
        is_text = self.options.reading.format == "csv" and "<" in kind
        return "string" if is_text else kind

    def _table(self, table: LogicalTable, unwanted: frozenset[str]) -> Table:
        kinds = {**table.columns, **table.path_columns}
        return table_from(
            table.name,
            table.location,
            {name: kind for name, kind in kinds.items() if name not in unwanted},
            [*table.path_columns],
            self.options.reading,
            is_deprecated=table.is_deprecated,
            forgotten=unwanted,
        )

    def _change(self, name: str, needed: list[Widening]) -> list[Widening]:
        if not self._logical[name].exists:
            self._create(self._logical[name])
        for _ in range(ATTEMPTS):
            found = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
            done = self._changed(found["StorageDescriptor"]["Columns"], needed)
            if not done or self._update(found):
                return done
        raise RuntimeError(f"table {name} changed during each of {ATTEMPTS} updates")

    def _changed(self, columns: list[Json], needed: list[Widening]) -> list[Widening]:
        """Change the columns in place."""
        by_name = {each["Name"]: each for each in columns}
        done = []
        for change in needed:
            column = by_name.get(change.column)
            if column and self._kind(column) == change.old:
                column["Type"] = change.new
                done.append(change)
            elif not column:
                columns.append({"Name": change.column, "Type": change.new})
                done.append(change)
        return done

    def _update(self, table: Json) -> bool:
        """Write a table as `get_table` returned it; return False if it has changed since."""
        members = self.glue.meta.service_model.shape_for("TableInput").members
        try:
            self.glue.update_table(
                DatabaseName=self.database,
                TableInput={name: table[name] for name in members if table.get(name, "") != ""},
                VersionId=table["VersionId"],  # a crawl can add columns at the same time
            )
        except self.glue.exceptions.ConcurrentModificationException:
            return False
        return True

    def _create(self, table: LogicalTable) -> None:
        """Create the table of a location for which the crawler has made none, or only parts."""
        columns = [{"Name": name, "Type": kind} for name, kind in table.columns.items()]
        storage = {"Columns": columns, "Location": self.options.url(table.location)}
        keys = [{"Name": name, "Type": kind} for name, kind in table.path_columns.items()]
        try:
            self.glue.create_table(
                DatabaseName=self.database,
                TableInput={
                    "Name": table.name,
                    "Description": f"The uploaded objects of {self.options.pipeline}",
                    "TableType": "EXTERNAL_TABLE",
                    "Parameters": {"classification": self.options.reading.format.lower()},
                    "StorageDescriptor": storage,
                    "PartitionKeys": keys,
                },
            )
        except self.glue.exceptions.AlreadyExistsException:  # by a crawl that runs now
            return
