"""Widening: the types that columns need so that rejected values fit.

A crawler decides the type of a column once. If later values do not fit, the job widens the column
in the catalog. The narrowest wider type that keeps all values as they are is the new type.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812 - the usual name

from dataflow.casts import needs
from dataflow.types import wider_than

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import DataFrame, Row

    from dataflow.sources import Table

VALUE = 100  # characters of a value in messages


@dataclass(frozen=True)
class Widening:
    """A column that needs a wider type, with one of the values that need it."""

    table: str
    column: str
    old: str
    new: str
    object: str
    value: str

    def record(self) -> dict[str, Any]:
        """Return the widening as the manifest records it."""
        column, value = f"{self.table}.{self.column}", f"{self.value!r} in {self.object}"
        return {
            **asdict(self),
            "message": f"{column}: {self.old} to {self.new}, because of {value}",
        }


def widenings(rows: DataFrame, table: Table) -> list[Widening]:
    """Return the widenings after which the rejected values of a table's columns fit.

    Columns of the path keep their types: AWS cannot change the type of a partition key.
    """
    kinds = {name: table.columns[name] for name in table.file_columns}
    steps = sorted({(kind, new) for kind in kinds.values() for new in wider_than(kind)})
    misfits = (
        rows.where("dfx_misfits IS NOT NULL")
        .select("dfx_key", F.explode("dfx_misfits").alias("misfit"))
        .where("misfit.is_type")
        .select("dfx_key", "misfit.name", "misfit.text")
    )
    fitting = [
        F.bool_and(needs("text", new, old)).alias(f"{old} {new}")
        for old, new in steps
        if new != "string"
    ]
    example = F.min(F.struct("dfx_key", F.substring("text", 1, VALUE).alias("text")))
    found = misfits.groupBy("name").agg(example.alias("example"), *fitting).collect()
    each = (_widening(row, table.name, kinds) for row in found if row["name"] in kinds)
    return [widening for widening in each if widening]


def merged(found: Iterable[Widening]) -> list[Widening]:
    """Return one widening for each column: the widest."""
    widest: dict[tuple[str, str], Widening] = {}
    for each in found:
        column = (each.table, each.column)
        other = widest.get(column, each)
        steps = wider_than(each.old)
        widest[column] = max(other, each, key=lambda one: steps.index(one.new))
    return list(widest.values())


def _widening(row: Row, table: str, kinds: dict[str, str]) -> Widening | None:
    old = kinds[row["name"]]
    steps = wider_than(old)
    new = next((kind for kind in steps if kind == "string" or row[f"{old} {kind}"]), None)
    key, value = row["example"]
    return Widening(table, row["name"], old, new, key, value) if new else None
