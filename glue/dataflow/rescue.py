"""Rescue: the values of columns that a table does not have, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from dataflow.values.arrow_casts import plain
from dataflow.values.json_of_arrow import json_values
from dataflow.values.json_text import json_text
from dataflow.values.typing import text_of, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dataflow.reading.records import JsonValue


def rescued(columns: Mapping[str, pa.Array | list[JsonValue]]) -> pa.Array:
    """Return an object of JSON for each record, with the names as uploaded; null if it is empty."""
    lists = [_values(column) for column in columns.values()]
    texts = []
    for values in zip(*lists, strict=True):
        present = {
            name: value for name, value in zip(columns, values, strict=True) if value is not None
        }
        texts.append(json_text(present) if present else None)
    return pa.array(texts, pa.string())


def _values(column: pa.Array | list[JsonValue]) -> list[JsonValue]:
    if isinstance(column, list):
        return column
    values, has_no_text = json_values(plain(column), lambda each: typed(each, "string"))
    for position in has_no_text.nonzero()[0]:
        values[position] = text_of(column, int(position))
    return values
