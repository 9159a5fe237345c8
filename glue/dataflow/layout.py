"""Layout: where the rows of an object lie, and what the catalog calls them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dataflow.sources import Object, Table, digest

if TYPE_CHECKING:
    from dataflow.options import Options

OBJECT = "dfx_object"  # the directory and partition that hold one object's rows


def write_layout_of(table: Table, options: Options) -> dict[str, Any]:
    """Return what decides how a table's rows are written."""
    target = f"{options.target_prefix}{table.name}/"
    return {"target": target, "partition_by": options.partitions, "types": table.columns}


def is_current(written: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether rows written in one form can stay beside rows of another.

    A column more or less can; a type that has changed, or another directory, cannot.
    """
    known = wanted["types"]
    same_types = all(known.get(name, kind) == kind for name, kind in written["types"].items())
    same_place = all(written[each] == wanted[each] for each in ("target", "partition_by"))
    return same_types and same_place


def written_type(catalog_type: str, source_format: str) -> str:
    """Return the Parquet table's type for a column of the source table."""
    kind = catalog_type.lower()
    is_nested = kind.startswith(("array", "map", "struct"))
    is_text = kind.startswith(("char", "varchar")) or (is_nested and source_format == "csv")
    return "string" if is_text else kind


def directory_name(attempt: str, obj: Object) -> str:
    """Return the value of `dfx_object` for an object: no two attempts of writing it share one."""
    return f"{attempt}-{digest(obj.key)}-{re.sub('[^0-9A-Za-z-]', '', obj.etag)}"


def top_of(directory: str) -> str:
    """Return the object's directory that a directory lies in."""
    start = directory.index(f"{OBJECT}=")
    return directory[: directory.index("/", start) + 1]


def partition_values(directory: str) -> tuple[str, ...]:
    """Return a directory's values in the catalog: the key's digest, then the user's columns.

    AWS lets a partition move to another directory, but never change its values: so the catalog
    calls an object's rows by its key alone, while the directory also names attempt and content.
    """
    parts = directory[directory.index(f"{OBJECT}=") :].strip("/").split("/")
    name, *values = [unquote(part.partition("=")[2]) for part in parts]
    _number, _attempt, key_digest, *_etag = name.split("-")
    return (key_digest, *values)
