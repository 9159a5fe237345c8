"""Record text: a record of a binary format as text, for people, and the check of its names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import types

from dataflow.reading.records import RAW_CHARACTERS
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def record_text(columns: Mapping[str, pa.Array], position: int) -> str:
    """Return the record at a position as JSON, up to RAW_CHARACTERS."""
    values = {name: _value(column[position]) for name, column in columns.items()}
    return json.dumps(values, ensure_ascii=False, default=str)[:RAW_CHARACTERS]


def _value(scalar: pa.Scalar) -> Any:
    """Return a value as Python has it, or its text: of nanoseconds, of years beyond 9999."""
    if not scalar.is_valid:
        return None
    if types.is_struct(scalar.type):
        return {field.name: _value(scalar[at]) for at, field in enumerate(scalar.type)}
    if types.is_list(scalar.type) or types.is_map(scalar.type):
        return [_value(each) for each in scalar.values]
    if types.is_string(scalar.type) or types.is_binary(scalar.type):
        return scalar.as_buffer().to_pybytes().decode(errors="backslashreplace")
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return scalar.cast(pa.string()).as_py()


def check_names(names: Sequence[str], kind: str) -> None:
    """Raise Unreadable if two names are one for the catalog, whose names are lower case."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.get(name.lower())
        if other is not None:
            raise Unreadable(f"{kind} with the columns {other!r} and {name!r}: rename one of them")
        seen[name.lower()] = name
