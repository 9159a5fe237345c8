"""Catalog: table definitions like those of Glue's crawlers."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import TYPE_CHECKING, Any

from .schema import types

if TYPE_CHECKING:
    from .grouping import Group
    from .schema.schema import Schema

_HIVE = "org.apache.hadoop.hive.ql.io"
_SERDES = "org.apache.hadoop.hive.serde2"
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.HiveIgnoreKeyTextOutputFormat")
_FORMATS = {
    "parquet": (
        f"{_HIVE}.parquet.MapredParquetInputFormat",
        f"{_HIVE}.parquet.MapredParquetOutputFormat",
    ),
    "orc": (f"{_HIVE}.orc.OrcInputFormat", f"{_HIVE}.orc.OrcOutputFormat"),
    "avro": (f"{_HIVE}.avro.AvroContainerInputFormat", f"{_HIVE}.avro.AvroContainerOutputFormat"),
}
_BINARY_SERDES = {
    "parquet": f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
    "orc": f"{_HIVE}.orc.OrcSerde",
    "avro": f"{_SERDES}.avro.AvroSerDe",
}
# The limits of Glue's catalog. A crawl that exceeds one fails as a whole:
# https://repost.aws/questions/QUOoTVvchvSGCcn7q0ouBQiA
_NAME = re.compile("[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t]{1,255}")
_LONGEST_TYPE = 131_072
_LONGEST_NAME = 128
_LARGEST_TABLE = 1 << 20
DEPRECATED = "DEPRECATED_BY_CRAWLER"
_FORMAT = ("classification", "compressionType", "delimiter")
_ACCEPTED = (
    *("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys"),
    *("TableType", "Parameters", "ViewOriginalText", "ViewExpandedText"),
)


class UnstorableError(Exception):
    """The catalog cannot store a table."""


def check(group: Group) -> None:
    """Raise an error if the catalog cannot store the columns of a group."""
    columns = group.schema.columns
    invalid = [name for name in columns if not _NAME.fullmatch(name)]
    invalid += [name for name, kind in columns.items() if len(kind) > _LONGEST_TYPE]
    if invalid or len(json.dumps(columns)) > _LARGEST_TABLE:
        raise UnstorableError("Internal Service Exception")


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
    read, write = _FORMATS.get(schema.classification, _TEXT)
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

    With `merge_columns`, existing columns do not change, also if a user has changed their types.
    New columns and new fields of structs are added.
    If the format of the data is another one, the table is only marked as deprecated: https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html
    Otherwise the columns of the crawl replace the existing ones.
    """
    kept = {key: old[key] for key in _ACCEPTED if old.get(key) is not None}
    if merge_columns and _is_of_another_format(old, new):
        return deprecated(old)
    storage = dict(new["StorageDescriptor"])
    if merge_columns:
        storage["Columns"] = _extended(old["StorageDescriptor"]["Columns"], storage["Columns"])
    parameters = {**old.get("Parameters", {}), **new["Parameters"]}
    merged = {**kept, "StorageDescriptor": storage, "Parameters": parameters}
    return merged if merged != kept else None


def _extended(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = {each["Name"]: each["Type"] for each in new}
    existing = [
        {**each, "Type": types.extended(each["Type"], found.pop(each["Name"], each["Type"]))}
        for each in old
    ]
    return existing + [each for each in new if each["Name"] in found]


def deprecated(table: dict[str, Any]) -> dict[str, Any] | None:
    """Return the input that marks a table as deprecated, or None if it is marked already."""
    about = table.get("Parameters", {})
    if DEPRECATED in about:
        return None
    marked = {DEPRECATED: str(round(time.time() * 1000)), **about}
    kept = {key: table[key] for key in _ACCEPTED if table.get(key) is not None}
    return {**kept, "Parameters": marked}


def _is_of_another_format(old: dict[str, Any], new: dict[str, Any]) -> bool:
    before, after = old.get("Parameters", {}), new["Parameters"]
    return any(before.get(key, after.get(key)) != after.get(key) for key in _FORMAT)


def name_of(group: Group, prefix: str, existing: dict[str, str]) -> str:
    """Return the name of a table, with a hash if another location already uses the name.

    A name has at most 128 characters:
    https://docs.aws.amazon.com/glue/latest/dg/crawler-running.html
    """
    name = f"{prefix}{group.name}".lower()[:_LONGEST_NAME]
    if existing.get(name, group.location) == group.location:
        return name
    digest = hashlib.md5(group.location.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: _LONGEST_NAME - len(digest) - 1]}_{digest}"


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
    return about | schema.settings


def _serde(schema: Schema) -> dict[str, Any]:
    if library := _BINARY_SERDES.get(schema.classification):
        return {"SerializationLibrary": library, "Parameters": {"serialization.format": "1"}}
    if schema.classification == "json":
        paths = ",".join(schema.columns)
        library = "org.openx.data.jsonserde.JsonSerDe"
        return {"SerializationLibrary": library, "Parameters": {"paths": paths}}
    if schema.classification != "csv":  # without a SerDe, Athena cannot read the table
        return {"Parameters": schema.settings}
    if schema.settings["serde"] == "OpenCSVSerDe":
        how = {"separatorChar": schema.settings["delimiter"], "quoteChar": schema.settings["quote"]}
        return {"SerializationLibrary": f"{_SERDES}.OpenCSVSerde", "Parameters": how}
    how = {"field.delim": schema.settings["delimiter"]}
    return {"SerializationLibrary": f"{_SERDES}.lazy.LazySimpleSerDe", "Parameters": how}
