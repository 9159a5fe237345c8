"""Avro objects: as fastavro writes them, and those that it refuses to write."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro

from dataflow.reading.avro_records import avro_batches
from tests.dataflow.document_outcomes import Outcome, outcome

CODECS = ["null", "deflate", "bzip2", "xz", "zstandard", "snappy"]


def avro(schema: Any, records: list[Any], codec: str = "null", **options: Any) -> bytes:
    stream = io.BytesIO()
    fastavro.writer(stream, fastavro.parse_schema(schema), records, codec=codec, **options)
    return stream.getvalue()


def record(**fields: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "row",
        "namespace": "test",
        "fields": [{"name": name, "type": kind} for name, kind in fields.items()],
    }


def read(data: bytes) -> Outcome:
    return outcome(avro_batches(io.BytesIO(data)))


def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": name, **more}


def fixed(size: int, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": f"fixed{size}", "size": size, **more}


MOMENT = datetime(2024, 5, 1, 10, 30, 15, 123456, tzinfo=UTC)
TYPES: list[tuple[Any, Any, str, Any]] = [  # schema, value, Arrow's type, expected value
    ("boolean", True, "bool", True),
    ("int", -(2**31), "int32", -(2**31)),
    ("long", 2**63 - 1, "int64", 2**63 - 1),
    ("float", 1.5, "float", 1.5),
    ("double", 0.1, "double", 0.1),
    ("bytes", b"\xff\0", "binary", b"\xff\0"),
    ("string", "é\U0001f600", "string", "é\U0001f600"),
    (fixed(3), b"abc", "fixed_size_binary[3]", b"abc"),
    ({"type": "enum", "name": "suit", "symbols": ["A", "B"]}, "B", "string", "B"),
    ({"type": "array", "items": "int"}, [1, 2], "list<item: int32>", [1, 2]),
    ({"type": "map", "values": "long"}, {"a": 1}, "map<string, int64>", [("a", 1)]),
    (["null", "string"], "x", "string", "x"),
    (["int", "long", "null"], 7, "int64", 7),
    (["float", "double"], 0.5, "double", 0.5),
    (
        ["null", "int", "string"],
        "x",
        "struct<member0: int32, member1: string>",
        {"member0": None, "member1": "x"},
    ),
    (
        {"type": "record", "name": "inner", "fields": [{"name": "a", "type": ["null", "int"]}]},
        {"a": None},
        "struct<a: int32>",
        {"a": None},
    ),
    (logical("int", "date"), date(1, 1, 1), "date32[day]", date(1, 1, 1)),
    (logical("int", "time-millis"), time(1, 2, 3, 4000), "time32[ms]", time(1, 2, 3, 4000)),
    (logical("long", "time-micros"), time(1, 2, 3, 4), "time64[us]", time(1, 2, 3, 4)),
    (
        logical("long", "timestamp-millis"),
        MOMENT.replace(microsecond=123000),
        "timestamp[ms, tz=UTC]",
        MOMENT.replace(microsecond=123000),
    ),
    (logical("long", "timestamp-micros"), MOMENT, "timestamp[us, tz=UTC]", MOMENT),
    (
        logical("long", "local-timestamp-micros"),
        MOMENT.replace(tzinfo=None),
        "timestamp[us]",
        MOMENT.replace(tzinfo=None),
    ),
    (
        logical("bytes", "decimal", precision=6, scale=2),
        Decimal("-1234.50"),
        "decimal128(6, 2)",
        Decimal("-1234.50"),
    ),
    (
        fixed(5, logicalType="decimal", precision=9, scale=0),
        Decimal(-7),
        "decimal128(9, 0)",
        Decimal(-7),
    ),
    (logical("string", "uuid"), UUID(int=5), "string", str(UUID(int=5))),
    (logical("int", "unknown"), 5, "int32", 5),
    (logical("bytes", "decimal", precision=0), b"x", "binary", b"x"),
]


def long(value: int) -> bytes:
    value, made = (value << 1) ^ (value >> 63), bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def container(schema: Any, *blocks: tuple[int, bytes], codec: str = "null") -> bytes:
    """Return an object with what fastavro refuses to write."""
    parts = [b"Obj\x01", long(2)]
    for name, value in {"avro.schema": json.dumps(schema), "avro.codec": codec}.items():
        parts += [long(len(name)), name.encode(), long(len(value)), value.encode()]
    parts += [b"\0", b"m" * 16]
    for count, data in blocks:
        parts += [long(count), long(len(data)), data, b"m" * 16]
    return b"".join(parts)
