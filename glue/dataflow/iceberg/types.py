"""Types: those of the catalog as Spark and Iceberg name them, and the changes between them."""

from __future__ import annotations

from typing import Any

from dataflow.values.kinds import Kind, parsed, written_kind

_OF_ICEBERG = {
    "long": "bigint",
    "timestamptz": "timestamp",
    "uuid": "string",
    "fixed": "binary",
    "time": "string",
}
_STORED = {"tinyint": "int", "smallint": "int"}  # Iceberg has no smaller whole numbers
_PROMOTIONS = {("int", "bigint"), ("float", "double")}


def stored_kind(kind: str) -> str:
    """Return the type that an Iceberg table has for a type of the catalog."""
    return str(_stored(parsed(written_kind(kind))))


def spark_type(kind: str) -> str:
    """Return the type in Spark's SQL, with quoted names of fields."""
    return _spark(_stored(parsed(written_kind(kind))))


def kind_of(iceberg: Any) -> str:
    """Return the type of the catalog for a type in the JSON of Iceberg's metadata."""
    if isinstance(iceberg, str):
        name = iceberg.partition("[")[0].replace(" ", "")
        return _OF_ICEBERG.get(name, name)
    if iceberg["type"] == "struct":
        fields = (f"{each['name']}:{kind_of(each['type'])}" for each in iceberg["fields"])
        return f"struct<{','.join(fields)}>"
    if iceberg["type"] == "list":
        return f"array<{kind_of(iceberg['element'])}>"
    return f"map<{kind_of(iceberg['key'])},{kind_of(iceberg['value'])}>"


def is_promotion(old: str, new: str) -> bool:
    """Return whether Iceberg changes the type in its metadata alone."""
    before, after = parsed(old), parsed(new)
    if before.name == after.name == "decimal":
        return before.sizes[1] == after.sizes[1] and before.sizes[0] <= after.sizes[0]
    return (before.name, after.name) in _PROMOTIONS


def cast(column: str, old: str, new: str) -> str:
    """Return the SQL that converts the values of a column to another type."""
    before, after = parsed(old), parsed(new)
    if not before.is_nested:
        return f"CAST({column} AS {spark_type(new)})"
    text = f"to_json({column})"
    described = spark_type(new).replace("'", "\\'")
    return f"from_json({text}, '{described}')" if after.is_nested else text


def quoted(name: str) -> str:
    """Return a name for SQL."""
    return "`" + name.replace("`", "``") + "`"


def _stored(kind: Kind) -> Kind:
    parts = tuple(map(_stored, kind.parts))
    return Kind(_STORED.get(kind.name, kind.name), kind.sizes, kind.fields, parts)


def _spark(kind: Kind) -> str:
    if kind.name == "struct":
        fields = zip(kind.fields, kind.parts, strict=True)
        return f"struct<{', '.join(f'{quoted(name)}: {_spark(part)}' for name, part in fields)}>"
    if kind.parts:
        return f"{kind.name}<{', '.join(map(_spark, kind.parts))}>"
    return "timestamp_ntz" if kind.name == "timestamp" else str(kind)
