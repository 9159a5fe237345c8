"""Catalog: reads the crawler's tables and maintains the Parquet tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import boto3

from dataflow.layout import OBJECT, partition_values, write_layout_of, written_type
from dataflow.sources import Table
from dataflow.store import CALLS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflow.options import Options
    from dataflow.widening import Widening

Json = dict[str, Any]

ATTEMPTS = 10
BATCH = 100  # partitions in one call
OWNER = "dataflowxpress.io/pipeline"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


class Catalog:
    """The Glue database with the crawler's tables and the Parquet tables of the manifests."""

    def __init__(self, options: Options) -> None:
        self.options, self.database = options, options.database
        self.glue = boto3.client("glue", config=CALLS)

    def tables(self) -> list[Table]:
        """Return the crawler's tables under the source prefix."""
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        listed = (table for page in pages for table in page["TableList"])
        read = (self._table(table) for table in listed)
        return [table for table in read if table]

    def _table(self, table: Json) -> Table | None:
        start = self.options.url("")
        storage = table.get("StorageDescriptor", {})
        location = re.sub("^s3[an]://", "s3://", storage.get("Location", "")).rstrip("/")
        key = location.removeprefix(start)
        is_source = location.startswith(start) and f"{key}/".startswith(
            self.options.source_prefix.rstrip("/")
        )
        if not is_source or not table["Name"].startswith(self.options.table_prefix):
            return None
        in_path = table.get("PartitionKeys", [])
        columns = {
            column["Name"]: written_type(column["Type"], self.options.source_format)
            for column in [*storage.get("Columns", []), *in_path]
        }
        return Table(table["Name"], key, columns, tuple(column["Name"] for column in in_path))

    def widen(self, needed: list[Widening]) -> list[Widening]:
        """Give columns of the crawler's tables wider types; return those that did not have them.

        A crawler keeps the types of existing columns.
        """
        return [
            widening
            for name in dict.fromkeys(widening.table for widening in needed)
            for widening in self._widen(name, [each for each in needed if each.table == name])
        ]

    def _widen(self, name: str, needed: list[Widening]) -> list[Widening]:
        new = {(each.column, each.old): each for each in needed}
        for _ in range(ATTEMPTS):
            found = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
            columns = found["StorageDescriptor"]["Columns"]
            kinds = [written_type(each["Type"], self.options.source_format) for each in columns]
            done = []
            for column, kind in zip(columns, kinds, strict=True):
                if widening := new.get((column["Name"], kind)):
                    column["Type"] = widening.new
                    done.append(widening)
            if not done or self._update_table(found):
                return done
        raise RuntimeError(f"table {name} changed during each of {ATTEMPTS} updates")

    def _update_table(self, table: Json) -> bool:
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

    def publish(self, table: Table, directories: Iterable[str]) -> None:
        """Make exactly these directories the partitions of the Parquet table.

        The partition of an object keeps its values, which AWS cannot change. Its location changes
        from the old directory to the new one, so a query reads either the old or the new rows.
        """
        name = f"{table.name}_parquet"
        storage, keys = self._describe(table)
        self._ensure_table(name, storage, keys, table)
        desired = {partition_values(each): self.options.url(each) for each in directories}
        existing = self._partitions(name)
        inputs = {
            values: {"Values": list(values), "StorageDescriptor": {**storage, "Location": location}}
            for values, location in desired.items()
        }
        self._batches(
            "batch_create_partition",
            name,
            PartitionInputList=[inputs[values] for values in desired if values not in existing],
        )
        self._batches(
            "batch_update_partition",
            name,
            Entries=[
                {"PartitionValueList": list(values), "PartitionInput": inputs[values]}
                for values in desired
                if values in existing and existing[values] != desired[values]
            ],
        )
        for values in existing.keys() - desired.keys():
            self.glue.delete_partition(
                DatabaseName=self.database, TableName=name, PartitionValues=list(values)
            )

    def _describe(self, table: Table) -> tuple[Json, list[Json]]:
        missing = [name for name in self.options.partitions if name not in table.columns]
        if missing:
            names = ", ".join(missing)
            raise ValueError(f"target.partitionBy: table {table.name} has no columns {names}")
        columns = [
            {"Name": name, "Type": kind}
            for name, kind in table.columns.items()
            if name not in self.options.partitions
        ]
        keys = [{"Name": OBJECT, "Type": "string"}] + [
            {"Name": name, "Type": table.columns[name]} for name in self.options.partitions
        ]
        return {
            "Columns": columns,
            "Location": self.options.url(write_layout_of(table, self.options)["target"]),
            "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
        }, keys

    def _ensure_table(self, name: str, storage: Json, keys: list[Json], source: Table) -> None:
        table_input = {
            "Name": name,
            "Description": f"The rows of {source.name}, converted by {self.options.pipeline}",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {
                "EXTERNAL": "TRUE",
                "classification": "parquet",
                OWNER: self.options.pipeline,
            },
            "StorageDescriptor": storage,
            "PartitionKeys": keys,
        }
        try:
            found = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            self.glue.create_table(DatabaseName=self.database, TableInput=table_input)
            return
        owner = found.get("Parameters", {}).get(OWNER)
        if owner != self.options.pipeline:
            raise RuntimeError(
                f"table {name} exists and does not belong to this pipeline:"
                " delete it or change catalog.tablePrefix"
            )
        known = [{"Name": key["Name"], "Type": key["Type"]} for key in found["PartitionKeys"]]
        if known != keys:
            # Partition keys cannot change; the manifests still list all rows of the new table.
            self.glue.delete_table(DatabaseName=self.database, Name=name)
            self.glue.create_table(DatabaseName=self.database, TableInput=table_input)
        elif any(found["StorageDescriptor"].get(each) != storage[each] for each in storage):
            self.glue.update_table(DatabaseName=self.database, TableInput=table_input)

    def _partitions(self, name: str) -> dict[tuple[str, ...], str]:
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=name, ExcludeColumnSchema=True
        )
        return {
            tuple(partition["Values"]): partition["StorageDescriptor"]["Location"]
            for page in pages
            for partition in page["Partitions"]
        }

    def _batches(self, operation: str, name: str, **entries: list[Json]) -> None:
        [(parameter, items)] = entries.items()
        for first in range(0, len(items), BATCH):
            response = getattr(self.glue, operation)(
                DatabaseName=self.database,
                TableName=name,
                **{parameter: items[first : first + BATCH]},
            )
            if response.get("Errors"):
                raise RuntimeError(f"{operation} of table {name} failed: {response['Errors'][:3]}")
