"""Columns as read: a batch of Parquet or ORC in types that the job knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from dataflow.reading.record_text import record_text
from dataflow.reading.records import Batch, Reject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dataflow.reading.int96 import Part


def batch_of(part: Part, first: int) -> Batch:
    """Return the records of a part of a batch whose first record has a number."""
    columns = {name: _plain(column) for name, column in part.columns.items()}
    numbers = pc.add(part.positions, first)
    faults = _faults(columns)
    if part.reason:
        faults = dict.fromkeys(range(len(numbers)), (part.reason, part.column or ""))
    rejects = [
        Reject(numbers[at].as_py(), reason, record_text(columns, at), column)
        for at, (reason, column) in sorted(faults.items())
    ]
    if faults:
        kept = pa.array([at for at in range(len(numbers)) if at not in faults], pa.int64())
        columns = {name: column.take(kept) for name, column in columns.items()}
        numbers = numbers.take(kept)
    return Batch(columns, numbers, lambda position: record_text(columns, position), rejects)


def _plain(column: pa.Array) -> pa.Array:
    kind = plain_type(column.type)
    return column if kind == column.type else pc.cast(column, kind)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type without dictionaries, 64-bit offsets and extensions."""
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_struct(kind):
        return pa.struct([field.with_type(plain_type(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(plain_type(kind.key_type), plain_type(kind.item_type))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(plain_type(kind.value_type))
    return _SMALL.get(kind, kind)


_SMALL = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}


def _faults(columns: Mapping[str, pa.Array]) -> dict[int, tuple[str, str]]:
    """Return the positions of records with malformed values, with reason and column."""
    found: dict[int, tuple[str, str]] = {}
    for name, column in columns.items():
        problem = _problem(column)
        if problem is None:
            continue
        records = list(_problems(column, 0))
        if not records:  # the array, not one of its values
            raise ValueError(problem)
        for position, each in records:
            found.setdefault(position, (each, name))
    return found


def _problems(column: pa.Array, first: int) -> Iterator[tuple[int, str]]:
    """Yield the positions of malformed values, found by halving the column."""
    problem = _problem(column)
    if problem is None:
        return
    if len(column) == 1:
        yield first, problem
        return
    half = len(column) // 2
    for start, end in ((0, half), (half, len(column))):
        # A slice shares the values within its lists with the whole, and is checked with them.
        yield from _problems(column.take(pa.array(range(start, end))), first + start)


def _problem(column: pa.Array) -> str | None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        return "a string is not UTF-8" if "UTF8" in str(error) else str(error).splitlines()[0]
    return None
