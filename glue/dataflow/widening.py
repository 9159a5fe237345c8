"""Widening: the types that columns need so that rejected values fit.

A crawler decides the type of a column once. If later values do not fit, the job widens the column
in the catalog. The narrowest wider type that keeps all values as they are is the new type.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


# The types of columns that widen, in this order.
RANKS = (
    *("boolean", "tinyint", "smallint", "int", "bigint", "decimal", "float", "double"),
    *("date", "timestamp", "array", "map", "struct", "string"),
)


@dataclass(frozen=True)
class Widening:
    """A column that needs a wider type, or that the catalog lacks, with a value that needs it."""

    table: str
    column: str
    old: str  # empty if the catalog lacks the column
    new: str
    object: str
    value: str

    def record(self) -> dict[str, Any]:
        """Return the widening as the manifest records it."""
        column, value = f"{self.table}.{self.column}", f"{self.value!r} in {self.object}"
        message = (
            f"{column}: {self.old} to {self.new}, because of {value}"
            if self.old
            else f"{column}: {self.new}, found in {self.object}, which no crawl could read"
        )
        return {**asdict(self), "message": message}


def merged(found: Iterable[Widening]) -> list[Widening]:
    """Return one widening for each column: the widest."""
    wide: dict[tuple[str, str], Widening] = {}
    for each in found:
        column = (each.table, each.column)
        other = wide.setdefault(column, each)
        if widest(other.new, each.new) != other.new:
            wide[column] = each
    return list(wide.values())


def widest(first: str, second: str) -> str:
    """Return the wider of two types; of two nested ones the first: the next round widens it."""
    return second if _rank(first) < _rank(second) else first


def is_wider(old: str, new: str) -> bool:
    """Return whether a column of the type *old* can become *new* for the sake of other values."""
    before, after = _rank(old), _rank(new)
    return before < after or (before == after and "<" in new and old != new)


def _rank(kind: str) -> int:
    name = kind.partition("(")[0].partition("<")[0]
    return RANKS.index(name) if name in RANKS else len(RANKS)
