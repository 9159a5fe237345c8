"""Catalog tables: a pipeline's tables in the Glue Data Catalog: crawled, and of Parquet.

A crawler can make several tables for the files of one table: they are its parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.ownership import OWNER_TAG

from .bounded import DOCUMENT

# The column with the object of a row, and the partition key with its pack of files.
OF_JOB = {"dfx_object", "dfx_batch"}
PARQUET = "_parquet"  # the ending of the Parquet table's name
TABLES = 20_000  # of a database that one read lists, with 100 in a call


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

    def is_parquet(table: Mapping[str, Any]) -> bool:
        is_ours = (table.get("Parameters") or {}).get(OWNER_TAG) == owner
        return is_ours and table["Name"].endswith(PARQUET)

    def is_kept(table: Mapping[str, Any]) -> bool:
        return is_parquet(table) or any(_locations(table, bucket, spec))

    listed = _listed(glue, database, is_kept)
    tables = {each.name: each for each in _with_parts(listed, bucket, spec)}
    for table in filter(is_parquet, listed):
        name = table["Name"].removesuffix(PARQUET)
        tables.setdefault(name, CatalogTable(name, "")).parquet = table
    return [tables[name] for name in sorted(tables)]


def crawled_tables(
    glue: Any, database: str, bucket: str, spec: DataPipelineSpec
) -> list[CatalogTable]:
    """Return the tables that a crawler has made of the uploads, each with its parts."""
    listed = _listed(glue, database, lambda table: any(_locations(table, bucket, spec)))
    return _with_parts(listed, bucket, spec)


def _listed(
    glue: Any, database: str, is_kept: Callable[[Mapping[str, Any]], bool]
) -> list[Mapping[str, Any]]:
    """Return the tables of a database that *is_kept* selects; raises Refused beyond the bounds.

    Whoever can create tables in one database must not exhaust the memory of the operator.
    """
    kept, left = [], DOCUMENT
    tables = (
        each
        for page in pages(glue, "get_tables", DatabaseName=database)
        for each in page["TableList"]
    )
    for number, table in enumerate(tables):
        if number >= TABLES:
            raise Refused(
                f"database {database} has more than {TABLES:,} tables: delete those that nobody"
                " needs, or set spec.catalog.database to a database of the pipeline alone"
            )
        if is_kept(table):
            kept.append(table)
            left -= len(json.dumps(table, default=str))
        if left < 0:
            raise Refused(
                f"the tables of the pipeline in database {database} have definitions of more than"
                f" {DOCUMENT:,} bytes: delete those that no crawl or run of the pipeline needs"
            )
    return kept


def _with_parts(
    listed: Iterable[Mapping[str, Any]], bucket: str, spec: DataPipelineSpec
) -> list[CatalogTable]:
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
