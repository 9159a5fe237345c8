"""Sinks: append data frames to S3."""

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
    """Append a frame to `connection["path"]`; a frame without rows writes no object."""
    if not frame.columns or frame.isEmpty():
        return
    writer = frame.write.mode("append")
    if connection.get("partitionKeys"):
        writer = writer.partitionBy(*connection["partitionKeys"])
    compression = options.get("compression") or connection.get("compression")
    if compression:
        writer = writer.option("compression", compression)
    if format == "csv":
        csv_options = {_CSV[key]: value for key, value in options.items() if key in _CSV}
        writer = writer.options(**{"header": True, **csv_options})
    writer.format({"glueparquet": "parquet"}.get(format, format)).save(connection["path"])


def into_table(table: dict[str, Any]) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """Return the connection, format and options to write a catalog table."""
    storage = table["StorageDescriptor"]
    about = {**table.get("Parameters", {}), **storage.get("Parameters", {})}
    partitions = [each["Name"] for each in table.get("PartitionKeys", [])]
    options = {
        "separator": about.get("delimiter", ","),
        "writeHeader": int(about.get("skip.header.line.count") or 0) > 0,
    }
    connection = {"path": storage["Location"], "partitionKeys": partitions}
    return connection, about["classification"], options
