"""Retyping: changes of types for which Iceberg must write the values of all rows again.

A temporary column gets the converted values on a branch, and `main` moves to the branch. One change
of the schema then gives the column's name to the temporary column, if no other run has done so. A
death in between leaves the temporary column, and the next run begins again.

A branch of another run, from before the change, lacks the values of the new column. So a run takes
the number of a manifest first, and no other run can commit such a branch any more.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, NamedTuple

from dataflow.iceberg.table import MainMoved
from dataflow.iceberg.types import cast, quoted, spark_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflow.iceberg.metadata import Metadata
    from dataflow.iceberg.table import IcebergTable

TEMPORARY = re.compile(r".*__dfx_[0-9a-f]{8}")  # the names of temporary columns
ATTEMPTS = 10  # while another writer changes the table


class Change(NamedTuple):
    """A column that gets another type of the catalog."""

    column: str
    old: str
    new: str


def retype(table: IcebergTable, metadata: Metadata, changes: Iterable[Change], branch: str) -> None:
    """Change the types of columns and keep their values; the name *branch* is not in use."""
    new = {each: f"{each.column}__dfx_{uuid.uuid4().hex[:8]}" for each in changes}
    fixed = [each.column for each in new if each.column in metadata.partitions]
    if fixed:
        raise RuntimeError(
            f"column {fixed[0]} partitions its table, so that its type cannot change:"
            " remove it from target.partitionBy, or declare its type in source.columns"
        )
    for left in filter(TEMPORARY.fullmatch, metadata.columns):
        table.alter(f"DROP COLUMN {quoted(left)}")
    for each, name in new.items():
        table.alter(f"ADD COLUMN {quoted(name)} {spark_type(each.new)}")
    _update(
        table,
        branch,
        ", ".join(
            f"{quoted(name)} = {cast(quoted(each.column), each.old, each.new)}"
            for each, name in new.items()
        ),
    )
    table.replace_columns({each.column: name for each, name in new.items()}, metadata.fields)
    table.drop(branch)


def _update(table: IcebergTable, branch: str, values: str) -> None:
    for _ in range(ATTEMPTS):
        table.begin(branch)
        table.update(branch, values)
        try:
            table.fast_forward(branch)
        except MainMoved:
            continue
        return
    raise RuntimeError(f"table {table.name} changed during each of {ATTEMPTS} changes of a type")
