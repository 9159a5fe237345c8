"""Partition columns: whether the tables have the columns that `target.partitionBy` names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.reporting.text import summarize

NAMED = 10  # columns that the message names


def unknown_columns(glue: Any, spec: DataPipelineSpec, bucket: str, database: str) -> str:
    """Return which column a source table lacks, with a fix; empty if there is none.

    A table is known after its first crawl. Before it, nothing can be said.
    """
    wanted = spec.target.partition_by
    if not wanted or not spec.job.script.packaged:
        return ""
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    tables = (table for page in pages for table in page["TableList"])
    groups = _groups(spec, f"s3://{bucket}/{spec.source.prefix}", tables)
    return next((fault for group in groups if (fault := _fault(spec, group))), "")


def _groups(
    spec: DataPipelineSpec, source: str, tables: Iterable[Mapping[str, Any]]
) -> list[list[Mapping[str, Any]]]:
    """Return the source tables in groups, of which the job makes one table each.

    A crawler can make several tables of one prefix or folder, for example one for each compression.
    """
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for table in tables:
        location = table.get("StorageDescriptor", {}).get("Location", "").rstrip("/") + "/"
        if location.startswith(source) and _columns(table):
            folder = location[len(source) :].partition("/")[0]
            groups[folder if spec.catalog.tables == "PerFolder" else ""].append(table)
    return list(groups.values())


def _fault(spec: DataPipelineSpec, group: Sequence[Mapping[str, Any]]) -> str:
    known = {name for table in group for name in _columns(table)}
    known |= {column.name for column in spec.source.columns}
    missing = [name for name in spec.target.partition_by if name not in known]
    if not missing:
        return ""
    first = min(group, key=lambda table: len(table["StorageDescriptor"]["Location"]))
    choice = summarize(sorted(known), NAMED).replace("; ", ", ")
    return (
        f"spec.target.partitionBy: the table {first['Name']} has no column {missing[0]};"
        f" use one of {choice}"
    )


def _columns(table: Mapping[str, Any]) -> list[str]:
    columns = [*table["StorageDescriptor"].get("Columns", ()), *table.get("PartitionKeys", ())]
    return [str(column["Name"]).lower() for column in columns]
