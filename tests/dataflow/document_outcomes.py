"""What a reader of documents makes of an object: its rows by record number, and its rejects."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from dataflow.reading.records import Batch

# More for a longer search: DATAFLOWXPRESS_EXAMPLES=5000 make check.
EXAMPLES = int(os.environ.get("DATAFLOWXPRESS_EXAMPLES", "15"))


@dataclass
class Outcome:
    """Rows without their missing values, and the reasons of rejects, by record number."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    raws: dict[int, str] = field(default_factory=dict)  # of both
    types: dict[str, set[str]] = field(default_factory=dict)  # of Arrow's columns

    def all_rows(self) -> list[dict[str, Any]]:
        """Return the rows in the order of their numbers."""
        return [self.rows[number] for number in sorted(self.rows)]

    def records(self) -> list[int]:
        """Return the numbers of all records."""
        return sorted([*self.rows, *self.reasons])


def outcome(batches: Iterable[Batch]) -> Outcome:
    """Return what batches hold; a record that comes twice fails."""
    made = Outcome()
    for batch in batches:
        _add_rows(made, batch)
        for reject in batch.rejects:
            assert reject.record not in made.reasons
            made.reasons[reject.record] = reject.reason
            made.raws[reject.record] = reject.raw
    assert made.records() == list(range(1, len(made.records()) + 1))
    return made


def _add_rows(made: Outcome, batch: Batch) -> None:
    columns: dict[str, list[Any]] = {}
    for name, column in batch.columns.items():
        columns[name] = column if isinstance(column, list) else column.to_pylist()
        assert len(columns[name]) == len(batch.numbers)
        if not isinstance(column, list):
            made.types.setdefault(name, set()).add(str(column.type))
    for position, number in enumerate(batch.numbers.to_pylist()):
        assert number not in made.rows
        row = {name: column[position] for name, column in columns.items()}
        made.rows[number] = {name: value for name, value in row.items() if value is not None}
        made.raws[number] = batch.raw(position)


def damaged(data: st.DataObject, whole: bytes) -> bytes:
    """Return bytes with up to three of them replaced by up to three others."""
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start, min(len(whole), start + 3)))
    return whole[:start] + data.draw(st.binary(max_size=3)) + whole[end:]


def blocks_of(text: str, size: int) -> Iterator[str]:
    """Yield a text in blocks."""
    return (text[start : start + size] for start in range(0, len(text), size))
