"""Avro values: the types without inner types, with the functions that read their values."""

from __future__ import annotations

import decimal
import struct
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dataflow.reading.avro_input import Cursor, Malformed
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

UUID_BYTES = 16
LONGEST = {128: 38, 256: 76}  # digits of Arrow's decimals by their bits
EXACT = decimal.Context(prec=max(LONGEST.values()) + 1)


@dataclass(frozen=True, slots=True)
class AvroType:
    """A type: of Arrow, with the function that reads its values."""

    arrow: pa.DataType
    read: Callable[[Cursor], Any]


def nothing(_: Cursor) -> None:
    """Read a null."""


def _boolean(cursor: Cursor) -> bool:
    byte = cursor.take(1)
    if byte not in {b"\0", b"\1"}:
        raise Malformed("a boolean is neither 0 nor 1")
    return byte == b"\1"


def _int(cursor: Cursor) -> int:
    value = cursor.long()
    if not -(2**31) <= value < 2**31:
        raise Malformed("an int has more than 32 bits")
    return value


def _bytes(cursor: Cursor) -> bytes:
    return cursor.take(cursor.long())


def _string(cursor: Cursor) -> str:
    data = cursor.take(cursor.long())
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        cursor.faults.append(f"the byte 0x{data[error.start]:02x} of a string is not UTF-8")
        return ""


PRIMITIVES = {
    "null": AvroType(pa.null(), nothing),
    "boolean": AvroType(pa.bool_(), _boolean),
    "int": AvroType(pa.int32(), _int),
    "long": AvroType(pa.int64(), Cursor.long),
    "float": AvroType(pa.float32(), lambda cursor: struct.unpack("<f", cursor.take(4))[0]),
    "double": AvroType(pa.float64(), lambda cursor: struct.unpack("<d", cursor.take(8))[0]),
    "bytes": AvroType(pa.binary(), _bytes),
    "string": AvroType(pa.string(), _string),
}
_LOGICAL = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    **{
        ("long", f"{prefix}timestamp-{name}"): pa.timestamp(unit, zone)
        for prefix, zone in (("", "UTC"), ("local-", None))
        for name, unit in (("millis", "ms"), ("micros", "us"), ("nanos", "ns"))
    },
}
_DAY = {pa.time32("ms"): 86_400_000, pa.time64("us"): 86_400_000_000}


def logical(schema: dict[str, Any], plain: AvroType) -> AvroType:
    """Return the logical type of a schema; as Avro defines, one that is not valid is ignored."""
    kind, name = schema["type"], schema.get("logicalType")
    if name == "decimal" and kind in {"bytes", "fixed"}:
        return _decimal(schema, plain)
    if name == "uuid" and plain.arrow == pa.binary(UUID_BYTES):
        return AvroType(pa.string(), lambda cursor: str(uuid.UUID(bytes=plain.read(cursor))))
    arrow = _LOGICAL.get((kind, name)) if isinstance(name, str) else None
    if arrow is None:
        return plain
    return AvroType(arrow, _within_day(plain, _DAY[arrow]) if arrow in _DAY else plain.read)


def _within_day(plain: AvroType, units: int) -> Callable[[Cursor], int]:
    def read(cursor: Cursor) -> int:
        value: int = plain.read(cursor)
        if not 0 <= value < units:
            cursor.faults.append(f"{value} is no time of a day")
            return 0
        return value

    return read


def _decimal(schema: dict[str, Any], plain: AvroType) -> AvroType:
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    if not (type(precision) is type(scale) is int and 0 <= scale <= precision > 0):
        return plain
    bits = next((bits for bits, digits in LONGEST.items() if precision <= digits), None)
    if bits is None:
        return plain

    def read(cursor: Cursor) -> decimal.Decimal:
        unscaled = int.from_bytes(plain.read(cursor), signed=True)
        if abs(unscaled) >= 10**precision:
            cursor.faults.append(f"a decimal has more than {precision} digits")
            return decimal.Decimal(0)
        return decimal.Decimal(unscaled).scaleb(-scale, EXACT)

    make = pa.decimal128 if bits == min(LONGEST) else pa.decimal256
    return AvroType(make(precision, scale), read)


def enum(schema: dict[str, Any]) -> AvroType:
    """Return the type of an enum: its symbols are strings."""
    symbols = schema.get("symbols")
    if not isinstance(symbols, list) or not all(isinstance(each, str) for each in symbols):
        raise Unreadable("not Avro: an enum in the schema has no symbols")

    def read(cursor: Cursor) -> str:
        position = cursor.long()
        if not 0 <= position < len(symbols):
            raise Malformed(f"an enum has no symbol {position}")
        return str(symbols[position])

    return AvroType(pa.string(), read)


def fixed(schema: dict[str, Any]) -> AvroType:
    """Return the type of values with a fixed number of bytes."""
    size = schema.get("size")
    if type(size) is not int or not 0 <= size < 2**31:
        raise Unreadable("not Avro: a fixed type in the schema has no size")
    return AvroType(pa.binary(size) if size else pa.binary(), lambda cursor: cursor.take(size))
