"""Upsert: of all rows with the same key, a table keeps the newest."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from dataflow.iceberg.types import quoted
from dataflow.layout import OBJECT

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyspark.sql import DataFrame

    from dataflow.iceberg.table import IcebergTable
    from dataflow.options import Options


def check_columns(options: Options, table: str, columns: Collection[str]) -> None:
    """Raise ValueError if a table does not have the columns of `target.write`."""
    if missing := [name for name in options.upsert_columns if name not in columns]:
        raise ValueError(f"target.write: table {table} has no columns {', '.join(missing)}")


def upsert(table: IcebergTable, branch: str, rows: DataFrame, options: Options) -> None:
    """Merge rows into a branch, so that the newest row of each key stays.

    Of rows that are equally new, the row of the later run stays; within a run, any one of them.
    Repeating a merge changes nothing.
    """
    keys, latest = options.keys, quoted(options.latest_by.lower())
    same = " AND ".join(f"old.{quoted(key)} = new.{quoted(key)}" for key in keys)
    view = f"rows_{uuid.uuid4().hex}"  # tables are staged side by side in one session
    _newest(rows, keys, options.latest_by.lower()).createOrReplaceTempView(view)
    table.sql(
        f"MERGE INTO {table.on(branch)} old USING {view} new ON {same}"
        f" WHEN MATCHED AND new.{latest} >= old.{latest} THEN UPDATE SET *"
        " WHEN NOT MATCHED THEN INSERT *"
    )
    table.spark.catalog.dropTempView(view)


def _newest(rows: DataFrame, keys: list[str], latest: str) -> DataFrame:
    """Return one row for each key."""
    from pyspark.sql import Window
    from pyspark.sql import functions as spark

    order = [spark.col(quoted(latest)).desc(), spark.col(OBJECT).desc()]
    window = Window.partitionBy(*map(quoted, keys)).orderBy(*order)
    numbered = rows.withColumn("_dfx_position", spark.row_number().over(window))
    return numbered.where("_dfx_position = 1").drop("_dfx_position")
