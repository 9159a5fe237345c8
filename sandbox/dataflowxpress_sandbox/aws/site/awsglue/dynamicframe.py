"""Dynamic frame: Glue's records over a Spark data frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql.types import NullType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from awsglue.context import GlueContext

_TYPES = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}
_FULL_MAPPING = 4


class DynamicFrame:
    """Records with a schema. Every transformation returns a new frame."""

    def __init__(self, jdf: DataFrame, glue_ctx: GlueContext, name: str = "") -> None:
        self._data = jdf
        self.glue_ctx = glue_ctx
        self.name = name

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str) -> DynamicFrame:
        """Return a data frame as a dynamic frame."""
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> DataFrame:  # noqa: ARG002
        """Return the data frame."""
        return self._data

    def schema(self) -> StructType:
        """Return the fields and their types."""
        return self._data.schema

    def printSchema(self) -> None:
        """Print the schema as a tree."""
        self._data.printSchema()

    def show(self, num_rows: int = 20) -> None:
        """Print some records."""
        self._data.show(num_rows)

    def count(self) -> int:
        """Return the number of records."""
        return self._data.count()

    def repartition(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        """Return the frame with this number of partitions, and therefore of files."""
        return self._with(self._data.repartition(num_partitions))

    def coalesce(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        """Return the frame with at most this number of partitions."""
        return self._with(self._data.coalesce(num_partitions))

    def apply_mapping(self, mappings: Sequence[Sequence[str]], *_: Any, **__: Any) -> DynamicFrame:
        """Return the mapped fields: (source, type, target, type) each, or (source, target).

        A missing source field is ignored, like on AWS.
        """
        columns = []
        for mapping in mappings:
            source, target = mapping[0], mapping[2 if len(mapping) == _FULL_MAPPING else 1]
            if not self._has(source):
                continue
            column = F.col(source)
            if len(mapping) == _FULL_MAPPING:
                column = column.cast(_spark_type(mapping[3]))
            columns.append(column.alias(target.strip("`")))
        return self._with(self._data.select(*columns))

    def resolveChoice(
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        *_: Any,
        **__: Any,
    ) -> DynamicFrame:
        """Cast fields as `cast:TYPE` and `project:TYPE` require, or to the types of a table.

        Other actions have no effect, because each field has one type.
        """
        if bool(specs) == bool(choice):
            raise ValueError("Must specify one of specs and choice, and not both")
        if choice == "match_catalog":
            table = self.glue_ctx._table(str(database), str(table_name))
            columns = table["StorageDescriptor"]["Columns"]
            specs = [(each["Name"], f"cast:{each['Type']}") for each in columns]
        elif choice:
            specs = [(f"`{name}`", choice) for name in self._data.columns]
        frame = self._data
        for name, action in specs or ():
            kind, _colon, target = action.partition(":")
            if kind in {"cast", "project"} and self._has(name):
                frame = frame.withColumn(name.strip("`"), F.col(name).cast(_spark_type(target)))
        return self._with(frame)

    def drop_fields(self, paths: Sequence[str], *_: Any, **__: Any) -> DynamicFrame:
        """Return the frame without some fields."""
        return self._with(self._data.drop(*(path.strip("`") for path in paths)))

    def select_fields(self, paths: Sequence[str], *_: Any, **__: Any) -> DynamicFrame:
        """Return the frame with only some fields."""
        return self._with(self._data.select(*(F.col(path) for path in paths if self._has(path))))

    def rename_field(self, oldName: str, newName: str, *_: Any, **__: Any) -> DynamicFrame:
        """Return the frame with a renamed field."""
        return self._with(self._data.withColumnRenamed(oldName.strip("`"), newName.strip("`")))

    def drop_null_fields(self) -> DynamicFrame:
        """Return the frame without fields of type null, which have no value in any record."""
        nulls = [each.name for each in self._data.schema if isinstance(each.dataType, NullType)]
        return self._with(self._data.drop(*nulls))

    def filter(self, f: Callable[[dict[str, Any]], bool], *_: Any, **__: Any) -> DynamicFrame:
        """Return the records for which a function returns true."""
        rows = self._data.rdd.filter(lambda row: bool(f(row.asDict(recursive=True))))
        return self._with(self.glue_ctx.spark_session.createDataFrame(rows, self._data.schema))

    def map(self, f: Callable[[dict[str, Any]], Any], *_: Any, **__: Any) -> DynamicFrame:
        """Return the results of a function for each record, with an inferred schema."""
        rows = self._data.rdd.map(lambda row: f(row.asDict(recursive=True)))
        return self._with(self.glue_ctx.spark_session.createDataFrame(rows, samplingRatio=1.0))

    def join(
        self, paths1: Sequence[str], paths2: Sequence[str], frame2: DynamicFrame, *_: Any
    ) -> DynamicFrame:
        """Return the inner join; duplicate field names of the other frame get a leading dot."""
        left, right = self._data, frame2.toDF()
        shared = set(left.columns) & set(right.columns)
        for name in shared:
            right = right.withColumnRenamed(name, f".{name}")
        equal = F.lit(True)  # noqa: FBT003
        for one, two in zip(paths1, paths2, strict=True):
            equal &= left[one] == right[f"`.{two}`" if two in shared else two]
        return self._with(left.join(right, equal))

    def _has(self, path: str) -> bool:
        first = path.split("`")[1] if path.startswith("`") else path.partition(".")[0]
        return first.lower() in {name.lower() for name in self._data.columns}

    def _with(self, frame: DataFrame) -> DynamicFrame:
        return DynamicFrame(frame, self.glue_ctx, self.name)


def _spark_type(name: str) -> str:
    return _TYPES.get(name.lower(), name)
