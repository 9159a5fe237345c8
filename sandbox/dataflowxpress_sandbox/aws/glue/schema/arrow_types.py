"""Types of Arrow as Glue's crawlers write them in the catalog."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_OF_ARROW: dict[Any, str] = {
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    # The catalog has no unsigned types, and AWS does not document what a crawler chooses. A
    # bigint for uint64, whose largest values do not fit, is the worse case for the job.
    pa.uint8(): "smallint",
    pa.uint16(): "int",
    pa.uint32(): "bigint",
    pa.uint64(): "bigint",
    pa.float16(): "float",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.binary(): "binary",
    pa.large_binary(): "binary",
}
_FAMILIES = ((pa.types.is_timestamp, "timestamp"), (pa.types.is_fixed_size_binary, "binary"))


def hive_type(kind: pa.DataType) -> str:
    """Return the catalog's type for a type of Arrow; string for types that the catalog lacks."""
    if pa.types.is_map(kind):
        return f"map<{hive_type(kind.key_type)},{hive_type(kind.item_type)}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array<{hive_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        fields = (f"{each.name.lower()}:{hive_type(each.type)}" for each in kind)
        return f"struct<{','.join(fields)}>"
    if pa.types.is_decimal128(kind):
        return f"decimal({kind.precision},{kind.scale})"
    simple = next((name for test, name in _FAMILIES if test(kind)), "string")
    return _OF_ARROW.get(kind, simple)
