"""Field columns: batches of records that are names with values, each with names of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dataflow.reading.garbage import no_collections
from dataflow.reading.records import RAW_CHARACTERS, Batch, JsonValue, Reject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CELLS = 4_000_000  # of a batch: records times names


@dataclass(slots=True)
class Rows:
    """Successive records; those with a reason are no rows."""

    values: Sequence[JsonValue]  # a dict, where there is no reason
    raws: Sequence[str]
    reasons: Sequence[str | None] | None


def batches(groups: Iterable[Rows]) -> Iterator[Batch]:
    """Yield the records as batches; a column has the first spelling of its name."""
    number = 1
    for group in groups:
        if group.values:
            yield from _batches(group, number)
            number += len(group.values)


def _batches(rows: Rows, first: int) -> Iterator[Batch]:
    """Yield the batches of a group, whose first record has a number."""
    reasons = rows.reasons or [None] * len(rows.values)
    names = _names(_shapes(rows.values))
    if len(names) * len(rows.values) > CELLS and len(rows.values) > 1:
        half = len(rows.values) // 2
        for part, start in ((slice(half), first), (slice(half, None), first + half)):
            yield from _batches(Rows(rows.values[part], rows.raws[part], reasons[part]), start)
        return
    if len({name.lower() for name in names}) < len(names):
        reasons = [r or _conflict(v) for r, v in zip(reasons, rows.values, strict=True)]
    kept = [position for position, reason in enumerate(reasons) if reason is None]
    with no_collections():
        columns = _columns([rows.values[at] for at in kept])
    yield Batch(
        columns=columns,
        numbers=pa.array([first + at for at in kept], pa.int64()),
        raw=lambda position: rows.raws[kept[position]][:RAW_CHARACTERS],
        rejects=[
            Reject(first + at, reason, rows.raws[at][:RAW_CHARACTERS])
            for at, reason in enumerate(reasons)
            if reason is not None
        ],
    )


def _shapes(values: Iterable[JsonValue]) -> dict[tuple[str, ...], None]:
    return {tuple(value): None for value in values if isinstance(value, dict)}


def _names(shapes: Iterable[tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(chain.from_iterable(shapes)))


def _conflict(value: JsonValue) -> str | None:
    if not isinstance(value, dict) or len({name.lower() for name in value}) == len(value):
        return None
    same = next(each for each in _spellings(value).values() if len(each) > 1)
    return f"the names {same[0]!r} and {same[1]!r} are the same column"


def _columns(records: list[Any]) -> dict[str, list[JsonValue]]:
    shapes = dict.fromkeys(map(tuple, records))
    if len(shapes) == 1:
        columns = zip(*map(dict.values, records), strict=True)
        return dict(zip(*shapes, map(list, columns), strict=True))
    return {same[0]: _column(records, same) for same in _spellings(_names(shapes)).values()}


def _spellings(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the spellings of each column: the catalog's names are lower case."""
    made: dict[str, list[str]] = {}
    for name in names:
        made.setdefault(name.lower(), []).append(name)
    return made


def _column(records: list[Any], same: list[str]) -> list[JsonValue]:
    column = [record.get(same[0]) for record in records]
    for name in same[1:]:
        column = [record.get(name, had) for record, had in zip(records, column, strict=True)]
    return column
