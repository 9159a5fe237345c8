"""Other classifiers: JSON and Parquet, like Glue's built-in ones."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

from . import objects, types
from .schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"PAR1"
_FOOTER = 8  # bytes: the length of the footer and the magic number
_OF_DUCKDB = {
    "tinyint": "tinyint",
    "smallint": "smallint",
    "integer": "int",
    "bigint": "bigint",
    "utinyint": "smallint",
    "usmallint": "int",
    "uinteger": "bigint",
    "boolean": "boolean",
    "float": "float",
    "double": "double",
    "date": "date",
    "blob": "binary",
}


def classify_json(data: bytes, *, whole: bool) -> Schema | None:
    """Return the schema of JSON: a sequence of objects, or an array of them."""
    text = data.decode("utf-8-sig", errors="replace").lstrip()
    if not text.startswith(("{", "[")):
        return None
    columns: dict[str, str] = {}
    try:
        for record in _records(text):
            for name, value in record.items():
                known = columns.get(name.lower(), types.UNKNOWN)
                columns[name.lower()] = types.merge(known, types.of_json(value))
    except ValueError:
        if whole or not columns:
            return None
    return Schema("json", columns) if columns else None


def _records(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    position, inside = 0, text.startswith("[")
    if inside:
        position = 1
    while True:
        while position < len(text) and (text[position].isspace() or text[position] == ","):
            position += 1
        if position >= len(text) or (inside and text[position] == "]"):
            return
        record, position = decoder.raw_decode(text, position)
        if isinstance(record, dict):
            yield record


def classify_parquet(s3: Any, found: objects.S3Object, beginning: bytes) -> Schema | None:
    """Return the schema of a Parquet file from its footer."""
    if not beginning.startswith(_MAGIC) or found.size < len(_MAGIC) + _FOOTER:
        return None
    end = objects.tail(s3, found, _FOOTER)
    length = int.from_bytes(end[:4], "little")
    footer = objects.tail(s3, found, length + _FOOTER)
    return Schema("parquet", _parquet_columns(footer))


def _parquet_columns(footer: bytes) -> dict[str, str]:
    import duckdb

    # To read the schema, a file with only the footer between two magic numbers is sufficient.
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(_MAGIC + footer)
        file.flush()
        relation = duckdb.connect().read_parquet(file.name)
        pairs = zip(relation.columns, relation.types, strict=True)
        return {name.lower(): _catalog_type(kind) for name, kind in pairs}


def _catalog_type(kind: Any) -> str:
    if kind.id == "list":
        return f"array<{_catalog_type(dict(kind.children)['child'])}>"
    if kind.id == "struct":
        fields = (f"{name.lower()}:{_catalog_type(each)}" for name, each in kind.children)
        return f"struct<{','.join(fields)}>"
    if kind.id == "map":
        children = dict(kind.children)
        return f"map<{_catalog_type(children['key'])},{_catalog_type(children['value'])}>"
    if kind.id == "decimal":
        children = dict(kind.children)
        return f"decimal({children['precision']},{children['scale']})"
    if kind.id.startswith("timestamp"):
        return "timestamp"
    return _OF_DUCKDB.get(kind.id, "string")
