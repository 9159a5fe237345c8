"""Staging: the Parquet files of a round's objects, which tasks have written, as rows for Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataflow.batches import STAGED
from dataflow.iceberg.types import quoted, spark_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from dataflow.batches import DataFile
    from dataflow.conversion import Conversion
    from dataflow.options import Options
    from dataflow.spark import Spark

FILE_BYTES = 128 * 1024 * 1024  # of staged Parquet, about, for one file of the table


class StagedFiles:
    """The files of one attempt, by table."""

    def __init__(self, options: Options, spark: Spark, conversion: Conversion) -> None:
        self._options, self._spark, self._attempt = options, spark, conversion.attempt
        self._files: dict[str, list[DataFile]] = {}
        for each in conversion.written:
            self._files.setdefault(each.table, []).extend(each.files)

    def rows(self, table: str, columns: Mapping[str, str]) -> DataFrame:
        """Return the rows of a table, in as few parts as their size allows.

        They have all *columns* of the table; a column that an object lacks is null.
        """
        files = self._files[table]
        described = ", ".join(f"{quoted(name)} {spark_type(k)}" for name, k in columns.items())
        paths = [self._options.url(f"{STAGED}{self._attempt}/{each.path}") for each in files]
        rows = self._spark.session.read.schema(described).parquet(*paths)
        return rows.coalesce(1 + sum(each.size for each in files) // FILE_BYTES)
