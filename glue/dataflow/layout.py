"""Layout: where a table's rows are, and with which types."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dataflow.objects import Object, digest
from dataflow.source_options import SourceOptions
from dataflow.widening import is_wider

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflow.options import Options
    from dataflow.tables import Table

Json = dict[str, Any]

OBJECT = "dfx_object"  # the column with the digest of the key of a row's object
REJECTED = "dataflowxpress/rejected/"
ICEBERG = "Iceberg"  # the format in the layouts of rows; those of Parquet have none
PLACE = ("target", "partition_by", "format")  # where rows of a layout are
RESCUED = "_rescued"  # the column with the values of unknown columns, as JSON
# What the spec calls each metadata column, the column's name, and its type.
METADATA = {
    "file": ("_file", "string"),
    "fileModified": ("_file_modified", "timestamp"),
    "ingestedAt": ("_ingested_at", "timestamp"),
    "recordNumber": ("_record_number", "bigint"),
}


def target_of(table: Table, options: Options) -> str:
    """Return the directory of a table's rows."""
    return f"{options.target_prefix}{table.name}/"


def rejected_of(table: Table) -> str:
    """Return the directory of a table's rejected rows."""
    return f"{REJECTED}{table.name}/"


def own_columns(options: Options) -> dict[str, str]:
    """Return the types of the columns that the job adds to the uploaded ones."""
    added = {OBJECT: "string"} | dict(METADATA[name] for name in options.metadata)
    return {**added, RESCUED: "string"} if options.reading.new_columns == "Rescue" else added


def write_layout_of(table: Table, options: Options, columns: Iterable[str] | None = None) -> Json:
    """Return the directory, partition columns and types of rows with these columns, or with all.

    Partitions of an Iceberg table are no part of the layout of rows.
    """
    names = table.columns if columns is None else columns
    return {
        "target": target_of(table, options),
        "partition_by": options.partitions,
        "types": {name: table.columns[name] for name in names} | own_columns(options),
        "reading": reading_of(options),
        **({"format": ICEBERG} if options.is_iceberg else {}),
    }


def is_current(written: Json, wanted: Json) -> bool:
    """Return whether rows with the layout *written* are still valid under the layout *wanted*.

    Added and removed columns are compatible; changed types, other directories and other options of
    the source are not.
    """
    same_types = all(
        wanted["types"].get(name, kind) == kind for name, kind in written["types"].items()
    )
    same = all(written.get(each) == wanted.get(each) for each in PLACE)
    return same and same_types and written.get("reading", DEFAULT_READING) == wanted["reading"]


def can_be_rewritten(written: Json, wanted: Json) -> bool:
    """Return whether rows with the layout *written* need the layout *wanted*, and can have it.

    Types may only have become wider. Rows in other directories, or with other partition columns,
    are not in the table any more.
    """
    new = {**written["types"], **wanted["types"]}
    changed = {(kind, new[name]) for name, kind in written["types"].items() if kind != new[name]}
    moved = any(written.get(each) != wanted.get(each) for each in PLACE)
    return (moved or bool(changed)) and all(is_wider(old, kind) for old, kind in changed)


def reading_of(options: Options) -> str:
    """Return a digest of the options that decide an object's rows."""
    return _reading(options.reading, options.metadata)


def _reading(reading: SourceOptions, metadata: list[str]) -> str:
    default = asdict(SourceOptions())
    given = {
        name: value
        for name, value in asdict(reading).items()
        if value != default[name] and name != "type_changes"
    }
    text = json.dumps([given, metadata], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


DEFAULT_READING = _reading(SourceOptions(), [])  # of rows whose layout does not name it


def directory_name(attempt: str, obj: Object) -> str:
    """Return the name of a directory for one object, which is unique for each write attempt."""
    return f"{attempt}-{digest(obj.key)}-{re.sub('[^0-9A-Za-z-]', '', obj.etag)}"


def top_of(directory: str) -> str:
    """Return the directory of the object that contains *directory*."""
    start = directory.index(f"{OBJECT}=")
    return directory[: directory.index("/", start) + 1]


def partition_values(directory: str) -> tuple[str, ...]:
    """Return the partition values of an object's directory: the digest of its key, then the user's.

    AWS can change the location of a partition, but not its values. The values therefore depend on
    the key only, while the name of the directory also depends on the attempt and the content.
    """
    parts = directory[directory.index(f"{OBJECT}=") :].strip("/").split("/")
    name, *values = [unquote(part.partition("=")[2]) for part in parts]
    _number, _attempt, key_digest, *_etag = name.split("-")
    return (key_digest, *values)
