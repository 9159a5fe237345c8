"""Catalog: table definitions like those of Glue's crawlers."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from .schema import types

if TYPE_CHECKING:
    from .grouping import Group
    from .schema.schema import Schema

_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
)
DEPRECATED = "DEPRECATED_BY_CRAWLER"
_FORMAT = ("classification", "compressionType", "delimiter")
_ACCEPTED = (
    *("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys"),
    *("TableType", "Parameters", "ViewOriginalText", "ViewExpandedText"),
)


def table_input(group: Group, crawler: str, name: str) -> dict[str, Any]:
    """Return the input of CreateTable for a group."""
    schema = group.schema
    about = _parameters(group, crawler)
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": about,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in group.partition_keys],
        "StorageDescriptor": storage(schema, group.location, about),
    }


def storage(schema: Schema, location: str, about: dict[str, str]) -> dict[str, Any]:
    """Return the storage descriptor of a table or partition."""
    read, write = _PARQUET if schema.classification == "parquet" else _TEXT
    return {
        "Columns": [{"Name": n, "Type": types.known(t)} for n, t in schema.columns.items()],
        "Location": location,
        "InputFormat": read,
        "OutputFormat": write,
        "Compressed": about["compressionType"] != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": _serde(schema),
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": about,
        "StoredAsSubDirectories": False,
    }


def updated(
    old: dict[str, Any], new: dict[str, Any], *, merge_columns: bool
) -> dict[str, Any] | None:
    """Return the new input of a table, or None if nothing changes.

    With `merge_columns`, existing columns do not change, also if a user has changed their types,
    and new columns are added. If the format of the data is another one, the table is only marked as
    deprecated: https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html
    Otherwise the columns of the crawl replace the existing ones.
    """
    kept = {key: old[key] for key in _ACCEPTED if old.get(key) is not None}
    if merge_columns and _is_of_another_format(old, new):
        marked = {DEPRECATED: str(round(time.time() * 1000)), **old["Parameters"]}
        return {**kept, "Parameters": marked} if marked != old["Parameters"] else None
    storage = dict(new["StorageDescriptor"])
    if merge_columns:
        columns = old["StorageDescriptor"]["Columns"]
        existing = {each["Name"] for each in columns}
        added = [each for each in storage["Columns"] if each["Name"] not in existing]
        storage["Columns"] = [*columns, *added]
    parameters = {**old.get("Parameters", {}), **new["Parameters"]}
    merged = {**kept, "StorageDescriptor": storage, "Parameters": parameters}
    return merged if merged != kept else None


def _is_of_another_format(old: dict[str, Any], new: dict[str, Any]) -> bool:
    before, after = old.get("Parameters", {}), new["Parameters"]
    return any(before.get(key, after.get(key)) != after.get(key) for key in _FORMAT)


def name_of(group: Group, prefix: str, existing: dict[str, str]) -> str:
    """Return the name of a table, with a hash if another location already uses the name."""
    name = f"{prefix}{group.name}".lower()
    if existing.get(name, group.location) == group.location:
        return name
    return f"{name}_{hashlib.md5(group.location.encode(), usedforsecurity=False).hexdigest()}"


def _parameters(group: Group, crawler: str) -> dict[str, str]:
    schema = group.schema
    found = [each for each, _ in group.members]
    about = {
        "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
        "classification": schema.classification,
        "compressionType": found[0].compression,
        "objectCount": str(len(found)),
        "sizeKey": str(sum(each.size for each in found)),
        "typeOfData": "file",
    }
    if schema.classification == "csv":
        about |= {
            "delimiter": schema.settings["delimiter"],
            "columnsOrdered": "true",
            "areColumnsQuoted": "false",
        }
        if schema.settings["header"] == "true":
            about["skip.header.line.count"] = "1"
    return about


def _serde(schema: Schema) -> dict[str, Any]:
    if schema.classification == "parquet":
        library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
        return {"SerializationLibrary": library, "Parameters": {"serialization.format": "1"}}
    if schema.classification == "json":
        paths = ",".join(schema.columns)
        library = "org.openx.data.jsonserde.JsonSerDe"
        return {"SerializationLibrary": library, "Parameters": {"paths": paths}}
    if schema.settings["serde"] == "OpenCSVSerDe":
        how = {"separatorChar": schema.settings["delimiter"], "quoteChar": schema.settings["quote"]}
        library = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
        return {"SerializationLibrary": library, "Parameters": how}
    library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    how = {"field.delim": schema.settings["delimiter"]}
    return {"SerializationLibrary": library, "Parameters": how}
