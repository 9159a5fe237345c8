"""Partition columns: whether the tables have the columns that `target.partitionBy` names."""

from __future__ import annotations

from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.reporting.text import summarize

from .catalog_tables import CatalogTable, crawled_tables

NAMED = 10  # columns that the message names


def unknown_columns(glue: Any, spec: DataPipelineSpec, bucket: str, database: str) -> str:
    """Return which column a source table lacks, with a fix; empty if there is none.

    A table is known after its first crawl. Before it, nothing can be said.
    """
    wanted = spec.target.partition_by
    if not wanted or not spec.job.script.packaged:
        return ""
    tables = crawled_tables(glue, database, bucket, spec)
    return next((fault for table in tables if (fault := _fault(spec, table))), "")


def _fault(spec: DataPipelineSpec, table: CatalogTable) -> str:
    if not table.crawled:
        return ""
    known = {name.lower() for name in table.crawled}
    known |= {column.name for column in spec.source.columns}
    missing = [name for name in spec.target.partition_by if name not in known]
    if not missing:
        return ""
    choice = summarize(sorted(known), NAMED).replace("; ", ", ")
    return (
        f"spec.target.partitionBy: the table {table.name} has no column {missing[0]};"
        f" use one of {choice}"
    )
