"""XML lists: the elements of an array, of which a record can have a single one.

XML does not show whether an element can be repeated. The type of the table's column does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import types

if TYPE_CHECKING:
    from dataflow.reading.records import JsonValue


def with_lists(column: pa.Array | list[JsonValue], kind: pa.DataType) -> pa.Array | list[JsonValue]:
    """Return the values of a column of XML with a list of one wherever the type has an array."""
    if not _has_list(kind):
        return column
    values: list[JsonValue] = column if isinstance(column, list) else column.to_pylist()
    return [_value(value, kind) for value in values]


def _value(value: Any, kind: pa.DataType) -> JsonValue:
    if value is None:
        return None
    if types.is_list(kind):
        elements = value if isinstance(value, list) else [value]
        return [_value(each, kind.value_type) for each in elements]
    if isinstance(value, dict) and types.is_struct(kind):
        inner = {field.name.lower(): field.type for field in kind}
        return {
            name: _value(each, inner[name.lower()]) if name.lower() in inner else each
            for name, each in value.items()
        }
    if isinstance(value, dict) and types.is_map(kind):
        return {name: _value(each, kind.item_type) for name, each in value.items()}
    return value  # type: ignore[no-any-return]


def _has_list(kind: pa.DataType) -> bool:
    if types.is_struct(kind):
        return any(_has_list(field.type) for field in kind)
    return bool(types.is_list(kind) or (types.is_map(kind) and _has_list(kind.item_type)))
