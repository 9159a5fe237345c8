"""Reasons: why some records of a batch are no rows."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa


class Reasons:
    """The reasons of a batch's records, by position."""

    def __init__(self) -> None:
        self._found: dict[int, list[tuple[str | None, str]]] = defaultdict(list)

    def add(self, position: int, column: str | None, text: str) -> None:
        """Add a reason; *column* is None if it is not about one column."""
        self._found[position].append((column, text))

    def has(self, position: int) -> bool:
        """Return whether a record has a reason."""
        return position in self._found

    def by_position(self) -> dict[int, tuple[str | None, str]]:
        """Return the first column and all reasons of each record that has some."""
        return {
            position: (found[0][0], "; ".join(text for _, text in found))
            for position, found in self._found.items()
        }

    def kept(self, count: int) -> pa.Array | None:
        """Return which of *count* records are rows, or None if all are."""
        if not self._found:
            return None
        kept = np.ones(count, dtype=bool)
        kept[list(self._found)] = False
        return pa.array(kept)
