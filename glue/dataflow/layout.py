"""Layout: the directories of an object's rows and their partition values in the catalog."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dataflow.sources import Object, Table, digest
from dataflow.types import wider_than

if TYPE_CHECKING:
    from dataflow.options import Options

OBJECT = "dfx_object"  # the directory and partition that hold one object's rows


def write_layout_of(table: Table, options: Options) -> dict[str, Any]:
    """Return the target directory, partition columns and types of a table's rows."""
    target = f"{options.target_prefix}{table.name}/"
    return {"target": target, "partition_by": options.partitions, "types": table.columns}


def is_current(written: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Return whether rows with the layout *written* are still valid under the layout *wanted*.

    Added and removed columns are compatible; changed types and other directories are not.
    """
    types = wanted["types"]
    same_types = all(types.get(name, kind) == kind for name, kind in written["types"].items())
    same_target = all(written[each] == wanted[each] for each in ("target", "partition_by"))
    return same_types and same_target


def is_widened(written: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Return whether types differ between two layouts, and each of them only became wider."""
    new = {**written["types"], **wanted["types"]}
    changed = {(kind, new[name]) for name, kind in written["types"].items() if kind != new[name]}
    return bool(changed) and all(kind in wider_than(old) for old, kind in changed)


def written_type(catalog_type: str, source_format: str) -> str:
    """Return the Parquet table's type for a column of the source table."""
    kind = catalog_type.lower()
    is_nested = kind.startswith(("array", "map", "struct"))
    is_text = kind.startswith(("char", "varchar")) or (is_nested and source_format == "csv")
    return "string" if is_text else kind


def directory_name(attempt: str, obj: Object) -> str:
    """Return the value of `dfx_object` for an object, which is unique for each write attempt."""
    return f"{attempt}-{digest(obj.key)}-{re.sub('[^0-9A-Za-z-]', '', obj.etag)}"


def top_of(directory: str) -> str:
    """Return the directory of the object that contains *directory*."""
    start = directory.index(f"{OBJECT}=")
    return directory[: directory.index("/", start) + 1]


def partition_values(directory: str) -> tuple[str, ...]:
    """Return a directory's partition values: the digest of the key, then the user's columns.

    AWS can change the location of a partition, but not its values. The values therefore depend on
    the key only, while the name of the directory also depends on the attempt and the content.
    """
    parts = directory[directory.index(f"{OBJECT}=") :].strip("/").split("/")
    name, *values = [unquote(part.partition("=")[2]) for part in parts]
    _number, _attempt, key_digest, *_etag = name.split("-")
    return (key_digest, *values)
