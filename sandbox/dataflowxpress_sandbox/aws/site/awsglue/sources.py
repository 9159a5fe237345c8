"""Sources: read objects in S3 and catalog tables as data frames."""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import StructType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import DataFrame, SparkSession

    from awsglue.job import Bookmark

_CSV = {  # Glue's names of the options, and Spark's
    "separator": "sep",
    "quoteChar": "quote",
    "escaper": "escape",
    "multiLine": "multiLine",
    "withHeader": "header",
}


@dataclass(frozen=True)
class Source:
    """The location of data, with its format and read options."""

    paths: list[str]
    format: str
    options: dict[str, Any] = field(default_factory=dict)
    schema: str | None = None
    recurse: bool = True
    exclusions: list[str] = field(default_factory=list)

    @classmethod
    def of_options(
        cls,
        connection: dict[str, Any],
        format: str,
        options: dict[str, Any],
    ) -> Source:
        """Return the source for the options of a script."""
        paths = connection.get("paths") or [connection["path"]]
        recurse = str(connection.get("recurse", False)).lower() == "true"
        exclusions = json.loads(connection.get("exclusions") or "[]")
        return cls(paths, format, options, None, recurse, exclusions)

    @classmethod
    def of_table(cls, table: dict[str, Any]) -> Source:
        """Return the source for a catalog table."""
        storage = table["StorageDescriptor"]
        about = {**table.get("Parameters", {}), **storage.get("Parameters", {})}
        serde = storage.get("SerdeInfo", {}).get("Parameters", {})
        options = {
            "separator": serde.get("separatorChar") or serde.get("field.delim") or ",",
            "quoteChar": serde.get("quoteChar") or about.get("quoteChar") or '"',
            "withHeader": int(about.get("skip.header.line.count") or 0) > 0,
        }
        columns = [*storage["Columns"], *table.get("PartitionKeys", [])]
        schema = ", ".join(f"`{each['Name']}` {each['Type']}" for each in columns)
        return cls([storage["Location"]], about["classification"], options, schema)

    def read(
        self, spark: SparkSession, s3: Any, bookmark: Bookmark, transformation_ctx: str
    ) -> DataFrame:
        """Return the rows; with a bookmark, only those of new objects."""
        new = bookmark.unread(transformation_ctx, list(self._objects(s3)))
        if not new:
            return spark.createDataFrame([], self.schema or StructType())
        reader = spark.read
        if self.schema and self.format != "parquet":
            reader = reader.schema(self.schema)
        if len(self.paths) == 1:
            reader = reader.option("basePath", self.paths[0])  # for the names of partition columns
        if self.format == "csv":
            reader = reader.options(**self._csv())
        frame = reader.format(self.format).load([each["Uri"] for each in new])
        if self.format == "csv" and not self.schema and not self.options.get("withHeader"):
            return frame.toDF(*(f"col{number}" for number in range(len(frame.columns))))
        return frame

    def _csv(self) -> dict[str, Any]:
        options = {_CSV[key]: value for key, value in self.options.items() if key in _CSV}
        return {"quote": '"', "escape": '"', **options}

    def _objects(self, s3: Any) -> Iterable[dict[str, Any]]:
        for path in self.paths:
            bucket, _, prefix = path.partition("://")[2].partition("/")
            scope = {} if self.recurse else {"Delimiter": "/"}
            pages = s3.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix, **scope
            )
            for each in (each for page in pages for each in page.get("Contents", [])):
                uri = f"s3://{bucket}/{each['Key']}"
                if self._wanted(uri, each["Key"].rsplit("/", 1)[-1], each["Size"]):
                    yield {**each, "Uri": uri}

    def _wanted(self, uri: str, name: str, size: int) -> bool:
        hidden = not name or name.startswith(("_", ".")) or not size
        return not hidden and not any(fnmatch.fnmatch(uri, each) for each in self.exclusions)
