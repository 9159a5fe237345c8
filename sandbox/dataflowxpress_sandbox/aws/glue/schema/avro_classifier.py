"""Avro classifier: Glue's built-in one, which reads the schema at the beginning of the file."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from .schema import Schema

if TYPE_CHECKING:
    from .sample import Sample

_MAGIC = b"Obj\x01"
_PRIMITIVE = {
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "bytes": "binary",
    "fixed": "binary",
}
_LOGICAL = {
    "date": "date",
    "timestamp-millis": "timestamp",
    "timestamp-micros": "timestamp",
    "local-timestamp-millis": "timestamp",
    "local-timestamp-micros": "timestamp",
}


class AvroClassifier:
    """The classifier for Avro's container files."""

    @staticmethod
    def classify(sample: Sample) -> Schema | None:
        """Return the schema in the header, or None if the object is not Avro."""
        if not sample.data.startswith(_MAGIC):
            return None
        try:
            schema = json.loads(_header(io.BytesIO(sample.data[len(_MAGIC) :]))["avro.schema"])
            names: dict[str, Any] = {}
            fields = schema["fields"]
            columns = {each["name"].lower(): _hive_type(each["type"], names) for each in fields}
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return Schema("avro", columns)


def _header(data: io.BytesIO) -> dict[str, bytes]:
    """Return the metadata: blocks of keys and values, and at the end an empty block."""
    found = {}
    while count := _long(data):
        if count < 0:
            count, _ = -count, _long(data)  # the size in bytes
        for _ in range(count):
            key = data.read(_long(data)).decode()
            found[key] = data.read(_long(data))
    return found


def _long(data: io.BytesIO) -> int:
    """Return a number: zigzag, seven bits a byte."""
    number = 0
    for shift in range(0, 70, 7):
        [byte] = data.read(1) or b"\xff"
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (number >> 1) ^ -(number & 1)
    raise ValueError("not a number: the header is cut off")


def _hive_type(kind: Any, names: dict[str, Any]) -> str:
    if isinstance(kind, list):
        present = [each for each in kind if each != "null"]
        return _hive_type(present[0], names) if len(present) == 1 else "string"
    if isinstance(kind, str):
        return _hive_type(names[kind], names) if kind in names else _PRIMITIVE.get(kind, "string")
    if "name" in kind:
        names[kind["name"]] = kind
    if kind.get("logicalType") == "decimal":
        return f"decimal({kind['precision']},{kind.get('scale', 0)})"
    return _LOGICAL.get(kind.get("logicalType", "")) or _complex(kind, names)


def _complex(kind: Any, names: dict[str, Any]) -> str:
    if kind["type"] == "record":
        each_type = ((each["name"].lower(), each["type"]) for each in kind["fields"])
        fields = (f"{name}:{_hive_type(each, names)}" for name, each in each_type)
        return f"struct<{','.join(fields)}>"
    if kind["type"] == "array":
        return f"array<{_hive_type(kind['items'], names)}>"
    if kind["type"] == "map":
        return f"map<string,{_hive_type(kind['values'], names)}>"
    return _hive_type(kind["type"], {})
