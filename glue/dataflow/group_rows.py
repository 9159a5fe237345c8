"""Group rows: reads the objects of a group, and validates their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pyspark.sql import functions as F  # noqa: N812 - the usual name

from dataflow.layout import OBJECT, directory_name, top_of
from dataflow.readers import csv_rows, is_line_by_line, json_rows, parquet_rows, read_parquet
from dataflow.rows import raw_text, validated, with_objects
from dataflow.skip_reasons import Deferred
from dataflow.sources import Object, columns_of, path_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import DataFrame, SparkSession

    from dataflow.grouping import Group
    from dataflow.options import Options


def rows_of(spark: SparkSession, options: Options, group: Group, attempt: str) -> DataFrame:
    """Return the validated rows of a group, for the directories of an attempt."""
    if group.stored is not None:
        return _stored_rows(spark, options, group, attempt)
    urls = [options.url(obj.key) for obj in group.objects]
    rows, columns = _read(spark, options, group, urls)
    paths = {unquote(path): path for path in rows.inputFiles()}
    if len(paths) < len(urls):
        raise Deferred("Spark does not find the object")
    objects = [
        _described(obj, attempt, paths[url], path_values(obj.key, group.table))
        for url, obj in zip(urls, group.objects, strict=True)
    ]
    in_path = {
        name: f"dfx_values[{position}]" for position, name in enumerate(group.table.path_columns)
    }
    joined = with_objects(spark, rows, objects)
    raw = raw_text(columns, options)
    return validated(joined, {**_numbered(columns), **in_path}, group.table.columns, raw)


def _read(
    spark: SparkSession, options: Options, group: Group, urls: list[str]
) -> tuple[DataFrame, tuple[str, ...]]:
    if options.source_format == "csv":
        in_parts = group.is_large and is_line_by_line(spark, urls[0], options)
        read = csv_rows(spark, urls, len(group.header), options, in_parts=in_parts)
        return read, group.header
    if options.source_format == "json":
        return json_rows(spark, urls, group.header), group.header
    read = read_parquet(spark, urls)
    return parquet_rows(read), columns_of(read.columns, group.table.file_columns)


def _stored_rows(spark: SparkSession, options: Options, group: Group, attempt: str) -> DataFrame:
    """Return the rows of the Parquet that earlier runs have written."""
    entries = group.stored or {}
    tops = {
        options.url(top_of(directory)): obj
        for obj in group.objects
        for directory in entries[obj.key]["directories"]
    }
    base = next(iter(tops)).partition(f"{OBJECT}=")[0]
    read = read_parquet(spark, [*tops], basePath=base)
    objects = [
        _described(tops[top_of(unquote(path))], attempt, path, []) for path in read.inputFiles()
    ]
    columns = [name if name in group.table.columns else "" for name in read.columns]
    sources = {name: source for name, source in _numbered(columns).items() if name}
    joined = with_objects(spark, parquet_rows(read), objects)
    return validated(joined, sources, group.table.columns, F.lit(None).cast("string"))


def _described(obj: Object, attempt: str, path: str, values: list[str | None]) -> dict[str, Any]:
    return {
        "path": path,
        OBJECT: directory_name(attempt, obj),
        "dfx_key": obj.key,
        "dfx_values": values,
    }


def _numbered(columns: Iterable[str]) -> dict[str, str]:
    """Return the expression of each column that a reader returns."""
    return {name: f"c{position}" for position, name in enumerate(columns)}
