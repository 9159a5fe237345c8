"""Tables: the Iceberg tables of a pipeline, created and extended as objects need it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dataflow.catalog import OWNER
from dataflow.clients import THREADS
from dataflow.iceberg.metadata import Metadata, read_metadata
from dataflow.iceberg.retyping import Change, retype
from dataflow.iceberg.table import IcebergTable
from dataflow.iceberg.types import is_promotion, quoted, spark_type, stored_kind
from dataflow.iceberg.upsert import check_columns
from dataflow.layout import OBJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dataflow.options import Options
    from dataflow.spark import Spark
    from dataflow.store import Store
    from dataflow.tables import Table

Json = dict[str, Any]

KEYS = "dataflowxpress.io/keys"  # the property with the columns that identify a row
BRANCH = "dfx_"  # the beginning of the names of the job's branches


def iceberg_name(table: str) -> str:
    """Return the name of the Iceberg table for the rows of a table of the source."""
    return f"{table}_iceberg"


def is_in_place(change: Change) -> bool:
    """Return whether Iceberg makes a change without writing rows again."""
    return is_promotion(change.old, change.new)


class Tables:
    """The Iceberg tables in the pipeline's database."""

    def __init__(self, options: Options, store: Store, glue: Any, spark: Spark) -> None:
        self.options, self.store, self.glue, self.spark = options, store, glue, spark

    def table(self, name: str) -> IcebergTable:
        """Return a table for changes."""
        return IcebergTable(self.spark.session, self.options.database, name)

    def read(self, name: str) -> Metadata | None:
        """Return the metadata of a table, or None; raises RuntimeError if it is not ours."""
        found = read_metadata(self.store, self.glue, self.options.database, name)
        if found and found.properties.get(OWNER) != self.options.pipeline:
            raise RuntimeError(
                f"table {name} exists and does not belong to this pipeline:"
                " delete it or change catalog.tablePrefix"
            )
        return found

    def get(self, name: str) -> Metadata:
        """Return the metadata of a table that exists; else raises RuntimeError."""
        if not (found := self.read(name)):
            raise RuntimeError(f"table {name} was deleted during the run")
        return found

    def read_all(self, names: Sequence[str]) -> list[Metadata | None]:
        """Return the metadata of tables, in this order."""
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self.read, names))

    def changes(self, table: Table, columns: Mapping[str, str]) -> list[Change]:
        """Return the columns whose types differ from those that rows with *columns* need."""
        found = self.read(iceberg_name(table.name))
        present = found.columns if found else {}
        wanted = {name: stored_kind(kind) for name, kind in columns.items()}
        return [
            Change(name, present[name], kind)
            for name, kind in wanted.items()
            if present.get(name, kind) != kind
        ]

    def ensure(self, table: Table, columns: Mapping[str, str]) -> None:
        """Let the table exist with these columns and their types; others stay."""
        check_columns(self.options, table.name, table.columns)
        name = iceberg_name(table.name)
        if not self.read(name):
            self._create(table, {**columns, OBJECT: "string"})
        found, changed = self.get(name), self.table(name)
        if found.properties.get(KEYS) != ",".join(self.options.keys):
            raise RuntimeError(
                f"table {name} has rows that follow another target.write: change it back, or create"
                " a new DataPipeline"
            )
        for column, kind in columns.items():
            if column not in found.columns:
                changed.alter(f"ADD COLUMN {quoted(column)} {spark_type(kind)}")
        needed = self.changes(table, columns)
        for each in filter(is_in_place, needed):
            changed.alter(f"ALTER COLUMN {quoted(each.column)} TYPE {spark_type(each.new)}")
        if rewritten := [each for each in needed if not is_in_place(each)]:
            retype(changed, found, rewritten, f"{BRANCH}types_{uuid.uuid4().hex[:8]}")
        self._partition(changed, found)
        if not self._properties().items() <= found.properties.items():
            changed.set(self._properties())

    def _create(self, table: Table, columns: Mapping[str, str]) -> None:
        missing = [each for each in self.options.partition_columns if each not in columns]
        if missing:
            raise ValueError(
                f"target.partitionBy: table {table.name} has no columns {', '.join(missing)}"
            )
        self.table(iceberg_name(table.name)).create(
            columns,
            self.options.partition_columns,
            self.options.url(f"{self.options.target_prefix}{table.name}"),
            self._properties(),
        )

    def _partition(self, table: IcebergTable, found: Metadata) -> None:
        """Partition new rows by the columns of the spec; rows that are there stay as they are."""
        wanted = self.options.partition_columns
        for each in found.partitions:
            if each not in wanted:
                table.alter(f"DROP PARTITION FIELD {quoted(each)}")
        for each in wanted:
            if each not in found.partitions:
                table.alter(f"ADD PARTITION FIELD {quoted(each)}")

    def _properties(self) -> dict[str, str]:
        mode = self.options.row_changes
        return {
            OWNER: self.options.pipeline,
            KEYS: ",".join(self.options.keys),
            "write.metadata.delete-after-commit.enabled": "true",
            "write.parquet.compression-codec": self.options.compression.replace(
                "none", "uncompressed"
            ),
            **{f"write.{change}.mode": mode for change in ("delete", "update", "merge")},
        }
