"""Sinks: data frames written to S3, appended to what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_CSV = {"separator": "sep", "quoteChar": "quote", "escaper": "escape", "writeHeader": "header"}


def write(
    frame: DataFrame,
    connection: dict[str, Any],
    format: str,
    options: dict[str, Any],
) -> None:
    """Write a frame to `connection["path"]`; one without rows writes nothing."""
    if not frame.columns or frame.isEmpty():
        return
    writer = frame.write.mode("append")
    if connection.get("partitionKeys"):
        writer = writer.partitionBy(*connection["partitionKeys"])
    compression = options.get("compression") or connection.get("compression")
    if compression:
        writer = writer.option("compression", compression)
    if format == "csv":
        given = {_CSV[key]: value for key, value in options.items() if key in _CSV}
        writer = writer.options(**{"header": True, **given})
    writer.format({"glueparquet": "parquet"}.get(format, format)).save(connection["path"])


def into_table(table: dict[str, Any]) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """Return where and how a table of the catalog is written."""
    storage = table["StorageDescriptor"]
    about = {**table.get("Parameters", {}), **storage.get("Parameters", {})}
    partitions = [each["Name"] for each in table.get("PartitionKeys", [])]
    options = {
        "separator": about.get("delimiter", ","),
        "writeHeader": int(about.get("skip.header.line.count") or 0) > 0,
    }
    connection = {"path": storage["Location"], "partitionKeys": partitions}
    return connection, about["classification"], options
