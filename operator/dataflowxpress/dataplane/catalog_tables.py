"""Catalog tables: a pipeline's tables in the Glue Data Catalog: crawled, and of Parquet.

A crawler can make several tables for the files of one table: they are its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.planning.ownership import OWNER_TAG

# The column with the object of a row, and the partition key with its pack of files.
OF_JOB = {"dfx_object", "dfx_batch"}
PARQUET = "_parquet"  # the ending of the Parquet table's name


@dataclass
class CatalogTable:
    """A table as readers see it, with the columns and types of its definitions in the catalog."""

    name: str  # without the ending of the Parquet table
    location: str  # the folder of the uploads, as a key with a slash at its end
    parquet: Mapping[str, Any] | None = None  # as `get_tables` returned it
    parts: list[Mapping[str, Any]] = field(default_factory=list)  # crawled, the same

    @property
    def written(self) -> dict[str, str]:
        """The columns of the Parquet table with their types."""
        columns = _columns(self.parquet) if self.parquet else {}
        return {name: kind for name, kind in columns.items() if name not in OF_JOB}

    @property
    def crawled(self) -> dict[str, str]:
        """The columns of the crawled tables with their types; a part at the location is first."""
        found: dict[str, str] = {}
        for part in self.parts:
            found = {**_columns(part), **found}
        return found

    @property
    def folders(self) -> set[str]:
        """The columns whose values are in the keys."""
        return {key["Name"] for part in self.parts for key in part.get("PartitionKeys") or ()}

    @property
    def definitions(self) -> list[Mapping[str, Any]]:
        """All definitions in the catalog."""
        return [*self.parts, *([self.parquet] if self.parquet else [])]


def catalog_tables(
    glue: Any, database: str, bucket: str, owner: str, spec: DataPipelineSpec
) -> list[CatalogTable]:
    """Return the tables of a pipeline, by name."""
    listed = listed_tables(glue, database)
    tables = {each.name: each for each in crawled_tables(listed, bucket, spec)}
    for table in listed:
        name = table["Name"].removesuffix(PARQUET)
        is_ours = (table.get("Parameters") or {}).get(OWNER_TAG) == owner
        if is_ours and table["Name"].endswith(PARQUET):
            tables.setdefault(name, CatalogTable(name, "")).parquet = table
    return [tables[name] for name in sorted(tables)]


def listed_tables(glue: Any, database: str) -> list[Mapping[str, Any]]:
    """Return all tables of a database."""
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return [table for page in pages for table in page["TableList"]]


def crawled_tables(
    listed: Iterable[Mapping[str, Any]], bucket: str, spec: DataPipelineSpec
) -> list[CatalogTable]:
    """Return the tables that a crawler has made of the uploads, each with its parts."""
    found: dict[str, CatalogTable] = {}
    for part in sorted(listed, key=_location):
        for location in _locations(part, bucket, spec):
            is_first = _location(part).rstrip("/") == f"s3://{bucket}/{location}".rstrip("/")
            name = part["Name"] if is_first else _name(location, spec)
            found.setdefault(location, CatalogTable(name, location)).parts.append(part)
    return [*found.values()]


def without(glue: Any, database: str, table: Mapping[str, Any], column: str) -> bool:
    """Remove a column from a definition; return False if the definition does not have it.

    Raises ConcurrentModificationException if a crawl or a run has changed the table since.
    """
    storage = table["StorageDescriptor"]
    left = [each for each in storage["Columns"] if each["Name"] != column]
    if len(left) == len(storage["Columns"]):
        return False
    members = glue.meta.service_model.shape_for("TableInput").members
    given = {name: table[name] for name in members if table.get(name, "") != ""}
    glue.update_table(
        DatabaseName=database,
        TableInput={**given, "StorageDescriptor": {**storage, "Columns": left}},
        VersionId=table["VersionId"],
    )
    return True


def _columns(table: Mapping[str, Any]) -> dict[str, str]:
    columns = [*table["StorageDescriptor"].get("Columns", ()), *(table.get("PartitionKeys") or ())]
    return {column["Name"]: column.get("Type", "") for column in columns}


def _location(table: Mapping[str, Any]) -> str:
    location = str((table.get("StorageDescriptor") or {}).get("Location", ""))
    return re.sub("^s3[an]://", "s3://", location)


def _locations(table: Mapping[str, Any], bucket: str, spec: DataPipelineSpec) -> Iterator[str]:
    """Yield the folder whose table *table* is a part of, if a crawler made it from the uploads."""
    key, prefix = f"{_location(table).rstrip('/')}/", spec.source.prefix
    start = f"s3://{bucket}/{prefix}"
    if not key.startswith(start) or not table["Name"].startswith(spec.catalog.table_prefix):
        return
    first, _, _ = key[len(start) :].partition("/")
    if spec.catalog.tables == "PerPrefix":
        yield prefix
    elif first:
        yield f"{prefix}{first}/"


def _name(location: str, spec: DataPipelineSpec) -> str:
    """Return the name that a crawler gives to a table at *location*."""
    folder = location.rstrip("/").rpartition("/")[2].lower()
    return spec.catalog.table_prefix + re.sub("[^0-9a-z_]", "_", folder)
