"""Glue context: reads and writes the frames of a script."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pyspark.sql import SparkSession

from awsglue import sinks
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Bookmark
from awsglue.sources import Source

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import DataFrame


class GlueContext:
    """Glue's entry point over a Spark context; other attributes are those of the Spark session."""

    def __init__(self, sparkContext: SparkContext | SparkSession, **_: Any) -> None:
        session = sparkContext
        self.spark_session = (
            session if isinstance(session, SparkSession) else SparkSession.builder.getOrCreate()
        )
        self.bookmark = Bookmark()
        self.create_dynamic_frame = _Readers(self)
        self.create_data_frame = _DataFrameReaders(self)
        self.write_dynamic_frame = _Writers(self)
        self.write_data_frame = self.write_dynamic_frame

    def __getattr__(self, name: str) -> Any:
        if name == "spark_session":  # not set yet; avoids an infinite recursion
            raise AttributeError(name)
        return getattr(self.spark_session, name)

    def get_logger(self) -> Any:
        """Return a logger that writes to the log of the run."""
        log4j = self.spark_session._jvm.org.apache.log4j  # type: ignore[union-attr]
        return log4j.LogManager.getLogger("GlueLogger")

    def create_dynamic_frame_from_catalog(
        self,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",  # noqa: ARG002
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: dict[str, Any] | None = None,  # noqa: ARG002
        **_: Any,
    ) -> DynamicFrame:
        """Return the rows of a table."""
        source = Source.of_table(self._table(database, table_name))
        frame = self._read(source, transformation_ctx)
        filtered = frame.where(push_down_predicate) if push_down_predicate else frame
        return DynamicFrame(filtered, self, transformation_ctx)

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrame:
        """Return the rows of objects in S3."""
        _only_s3(connection_type)
        if format is None:
            format = connection_type  # noqa: A001  "parquet" and the like name both
        source = Source.of_options(connection_options or {}, format, format_options or {})
        return DynamicFrame(self._read(source, transformation_ctx), self, transformation_ctx)

    def create_data_frame_from_catalog(self, *args: Any, **kwargs: Any) -> DataFrame:
        """Return the rows of a table as a data frame."""
        return self.create_dynamic_frame_from_catalog(*args, **kwargs).toDF()

    def create_data_frame_from_options(self, *args: Any, **kwargs: Any) -> DataFrame:
        """Return the rows of objects in S3 as a data frame."""
        return self.create_dynamic_frame_from_options(*args, **kwargs).toDF()

    def write_dynamic_frame_from_options(
        self,
        frame: DynamicFrame | DataFrame,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str = "parquet",
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",  # noqa: ARG002
        **_: Any,
    ) -> DynamicFrame | DataFrame:
        """Append a frame to a path in S3."""
        _only_s3(connection_type)
        sinks.write(_data(frame), connection_options or {}, format, format_options or {})
        return frame

    def write_dynamic_frame_from_catalog(
        self, frame: DynamicFrame | DataFrame, database: str, table_name: str, **_: Any
    ) -> DynamicFrame | DataFrame:
        """Append a frame to the location of a table."""
        sinks.write(_data(frame), *sinks.into_table(self._table(database, table_name)))
        return frame

    def _read(self, source: Source, transformation_ctx: str) -> DataFrame:
        s3 = _client("s3")
        return source.read(self.spark_session, s3, self.bookmark, transformation_ctx)

    def _table(self, database: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = _client("glue").get_table(DatabaseName=database, Name=name)["Table"]
        return found


class _Readers:
    def __init__(self, context: GlueContext) -> None:
        self.from_catalog: Any = context.create_dynamic_frame_from_catalog
        self.from_options: Any = context.create_dynamic_frame_from_options


class _DataFrameReaders:
    def __init__(self, context: GlueContext) -> None:
        self.from_catalog = context.create_data_frame_from_catalog
        self.from_options = context.create_data_frame_from_options


class _Writers:
    def __init__(self, context: GlueContext) -> None:
        self.from_catalog = context.write_dynamic_frame_from_catalog
        self.from_options = context.write_dynamic_frame_from_options


@functools.cache
def _client(service: str) -> Any:
    import boto3

    return boto3.client(service)


def _data(frame: DynamicFrame | DataFrame) -> DataFrame:
    return frame.toDF() if isinstance(frame, DynamicFrame) else frame


def _only_s3(connection_type: str) -> None:
    if connection_type not in {"s3", "parquet", "orc", "csv", "json"}:
        raise NotImplementedError(
            f"The sandbox supports only S3 connections, not {connection_type}"
        )
