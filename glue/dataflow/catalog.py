"""Catalog: the tables of converted and of rejected rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataflow import clients
from dataflow.batches import BATCH
from dataflow.layout import OBJECT, own_columns, partition_values, rejected_of, target_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from dataflow.options import Options
    from dataflow.tables import Table

Json = dict[str, Any]

IN_CALL = 100  # partitions
OWNER = "dataflowxpress.io/pipeline"
REJECTED_COLUMNS = {
    "object": "string",
    "record": "bigint",
    "column": "string",
    "reason": "string",
    "raw": "string",
    "run": "string",
}
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


class Catalog:
    """The Glue database with the tables that the manifests decide."""

    def __init__(self, options: Options) -> None:
        self.options, self.database = options, options.database
        self.glue = clients.client("glue")

    def publish(
        self, table: Table, partitions: Mapping[tuple[str, ...], str], used: Collection[str]
    ) -> set[str]:
        """Make exactly these partitions, with the columns *used*, the Parquet table.

        *partitions* has the directories by the values of the partitions. The partition of a batch
        keeps its values, which AWS cannot change. Its location changes from the old directory to
        the new one, so a query reads either the old or the new rows. Returns the locations that the
        table had and has no more.
        """
        if not partitions:
            return self._withdraw(f"{table.name}_parquet")
        storage, keys = self._describe(table, used)
        text = f"The rows of {table.name}, converted by {self.options.pipeline}"
        return self._publish(f"{table.name}_parquet", text, storage, keys, partitions)

    def retire(self, table: Table) -> None:
        """Delete the Parquet table of rows that are now in a table of another format."""
        name = f"{table.name}_parquet"
        try:
            found = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return
        if found.get("Parameters", {}).get(OWNER) == self.options.pipeline:
            self.glue.delete_table(DatabaseName=self.database, Name=name)

    def publish_rejected(self, table: Table, directories: Iterable[str]) -> None:
        """Make exactly these directories the table of rejected rows."""
        partitions = {partition_values(each): each for each in directories}
        if not partitions:
            self._withdraw(f"{table.name}_rejected")
            return
        storage = {
            "Columns": [{"Name": name, "Type": kind} for name, kind in REJECTED_COLUMNS.items()],
            "Location": self.options.url(rejected_of(table)),
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        }
        keys = [{"Name": OBJECT, "Type": "string"}]
        text = f"The rejected rows of {table.name}, with their reasons"
        self._publish(f"{table.name}_rejected", text, storage, keys, partitions)

    def _publish(
        self,
        name: str,
        text: str,
        storage: Json,
        keys: list[Json],
        partitions: Mapping[tuple[str, ...], str],
    ) -> set[str]:
        self._ensure_table(name, text, storage, keys)
        existing = self._partitions(name)
        inputs = {
            values: {
                "Values": list(values),
                "StorageDescriptor": {**storage, "Location": self.options.url(directory)},
            }
            for values, directory in partitions.items()
        }
        self._batches(
            "batch_create_partition",
            name,
            PartitionInputList=[inputs[values] for values in inputs if values not in existing],
        )
        self._batches(
            "batch_update_partition",
            name,
            Entries=[
                {"PartitionValueList": list(values), "PartitionInput": inputs[values]}
                for values in inputs
                if values in existing and not _is_same(existing[values], inputs[values])
            ],
        )
        self._delete_partitions(name, existing.keys() - inputs.keys())
        return _locations(existing) - _locations(inputs)

    def _withdraw(self, name: str) -> set[str]:
        """Remove all partitions of a table that has no rows; return their locations."""
        found = self._table(name)
        existing = self._partitions(name) if found and self._is_own(found) else {}
        self._delete_partitions(name, existing)
        return _locations(existing)

    def _delete_partitions(self, name: str, partitions: Iterable[tuple[str, ...]]) -> None:
        for values in partitions:
            self.glue.delete_partition(
                DatabaseName=self.database, TableName=name, PartitionValues=list(values)
            )

    def _describe(self, table: Table, used: Collection[str]) -> tuple[Json, list[Json]]:
        missing = [name for name in self.options.partitions if name not in table.columns]
        if missing:
            names = ", ".join(missing)
            raise ValueError(f"target.partitionBy: table {table.name} has no columns {names}")
        kinds = {
            **{name: kind for name, kind in table.columns.items() if not used or name in used},
            **own_columns(self.options),
        }
        columns = [
            {"Name": name, "Type": kind}
            for name, kind in kinds.items()
            if name not in self.options.partitions
        ]
        keys = [{"Name": BATCH, "Type": "string"}] + [
            {"Name": name, "Type": table.columns[name]} for name in self.options.partitions
        ]
        return {
            "Columns": columns,
            "Location": self.options.url(target_of(table, self.options)),
            "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
        }, keys

    def _ensure_table(self, name: str, text: str, storage: Json, keys: list[Json]) -> None:
        is_parquet = PARQUET in storage["InputFormat"]
        table_input = {
            "Name": name,
            "Description": text,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {
                "EXTERNAL": "TRUE",
                "classification": "parquet" if is_parquet else "json",
                OWNER: self.options.pipeline,
            },
            "StorageDescriptor": storage,
            "PartitionKeys": keys,
        }
        found = self._table(name)
        if not found:
            self.glue.create_table(DatabaseName=self.database, TableInput=table_input)
            return
        if not self._is_own(found):
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

    def _table(self, name: str) -> Json | None:
        try:
            found: Json = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None
        return found

    def _is_own(self, table: Json) -> bool:
        return bool(table.get("Parameters", {}).get(OWNER) == self.options.pipeline)

    def _partitions(self, name: str) -> dict[tuple[str, ...], Json]:
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=name
        )
        return {
            tuple(partition["Values"]): partition
            for page in pages
            for partition in page["Partitions"]
        }

    def _batches(self, operation: str, name: str, **entries: list[Json]) -> None:
        [(parameter, items)] = entries.items()
        for first in range(0, len(items), IN_CALL):
            response = getattr(self.glue, operation)(
                DatabaseName=self.database,
                TableName=name,
                **{parameter: items[first : first + IN_CALL]},
            )
            if response.get("Errors"):
                raise RuntimeError(f"{operation} of table {name} failed: {response['Errors'][:3]}")


def _is_same(existing: Json, wanted: Json) -> bool:
    """Return whether a partition has the location and the columns that it must have.

    Athena reads of a file only the columns that its partition has.
    """
    old, new = existing["StorageDescriptor"], wanted["StorageDescriptor"]
    columns = [
        [(each["Name"], each["Type"]) for each in storage["Columns"]] for storage in (old, new)
    ]
    return bool(old["Location"] == new["Location"]) and columns[0] == columns[1]


def _locations(partitions: Mapping[Any, Json]) -> set[str]:
    return {each["StorageDescriptor"]["Location"] for each in partitions.values()}
