"""Learning: the types of columns that the catalog does not have, after a crawl that missed them.

A crawler learns nothing from an object that it cannot read, such as one in UTF-16. The job reads
it, and proposes for each column the narrowest type that keeps its values. Values of later objects
widen it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dataflow.reading.records import JsonValue, Number
from dataflow.values.kinds import Kind, parsed
from dataflow.values.typing import TextRule, typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_NAME = 255
TEXT_KINDS = ("bigint", "double", "boolean", "date", "timestamp")
# The types of the catalog for those of Arrow, by its names, without parameters.
ARROW_KINDS = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "int",
    "uint32": "bigint",
    "uint64": "decimal(20,0)",
    "halffloat": "float",
    "float": "float",
    "double": "double",
    "date32[day]": "date",
    "date64[ms]": "date",
    "binary": "binary",
    "large_binary": "binary",
}
_PLAIN_NAME = re.compile(r"[^<>,:()\s]+")  # what a name in the text of a struct can have


def learned_kind(column: pa.Array | list[JsonValue]) -> str:
    """Return the narrowest type of the catalog that keeps the values of a column."""
    if isinstance(column, list):
        return _json_kind(column) or "string"
    if not pa.types.is_string(column.type):
        return _arrow_kind(column.type)
    return next((kind for kind in TEXT_KINDS if _fits(column, kind)), "string")


def merged_kind(old: str, new: str) -> str:
    """Return a type with the fields of both; where they differ, the field has the old type."""
    return str(_merged(parsed(old), parsed(new)))


def is_column_name(name: str) -> bool:
    """Return whether the catalog can have a column of this name."""
    return 0 < len(name) <= MAX_NAME and name.isprintable()


def _merged(old: Kind, new: Kind) -> Kind:
    if old.name != new.name or not old.parts:
        return old
    if old.name != "struct":
        return replace(old, parts=tuple(map(_merged, old.parts, new.parts)))
    others = {name.lower(): part for name, part in zip(new.fields, new.parts, strict=True)}
    fields = {
        name: _merged(part, others.pop(name.lower(), part))
        for name, part in zip(old.fields, old.parts, strict=True)
    }
    fields |= others
    return replace(old, fields=tuple(fields), parts=tuple(fields.values()))


def _fits(column: pa.Array, kind: str) -> bool:
    if column.null_count == len(column):
        return False
    return typed(column, kind, TextRule()).misfits is None


def _arrow_kind(kind: pa.DataType) -> str:  # noqa: PLR0911 - one for each type
    """Return the type of the catalog for values of Parquet, ORC or Avro."""
    if pa.types.is_dictionary(kind):
        return _arrow_kind(kind.value_type)
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_map(kind):
        return f"map<{_arrow_kind(kind.key_type)},{_arrow_kind(kind.item_type)}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"array<{_arrow_kind(kind.value_type)}>"
    if pa.types.is_struct(kind):
        fields = [kind.field(position) for position in range(kind.num_fields)]
        return _struct({each.name: _arrow_kind(each.type) for each in fields})
    return ARROW_KINDS.get(str(kind), "string")


def _struct(fields: Mapping[str, str]) -> str:
    lowered = {name.lower() for name in fields}
    is_plain = all(map(_PLAIN_NAME.fullmatch, fields)) and len(lowered) == len(fields)
    text = ",".join(f"{name}:{kind}" for name, kind in fields.items())
    return f"struct<{text}>" if fields and is_plain else "string"


def _json_kind(values: Iterable[JsonValue]) -> str | None:
    """Return the type of JSON values; None if there is no value."""
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if not kinds:
        return None
    if kinds == {bool}:
        return "boolean"
    if kinds == {Number}:
        texts = pa.array([str(value) for value in present], pa.string())
        return next((kind for kind in ("bigint", "double") if _fits(texts, kind)), "string")
    if kinds == {list}:
        inner = _json_kind([each for value in present for each in value])  # type: ignore[union-attr]
        return f"array<{inner or 'string'}>"
    if kinds == {dict}:
        return _struct_kind(present)
    return "string"


def _struct_kind(values: Sequence[Any]) -> str:
    names = list(dict.fromkeys(name for value in values for name in value))
    kinds = {name: _json_kind([value.get(name) for value in values]) for name in names}
    return _struct({name: kind or "string" for name, kind in kinds.items()})
