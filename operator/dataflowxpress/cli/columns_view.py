"""Columns view: the columns of a pipeline's tables, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from rich.text import Text

from dataflowxpress.reporting.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dataflowxpress.api.spec import DataPipelineSpec
    from dataflowxpress.dataplane.catalog_tables import CatalogTable
    from dataflowxpress.dataplane.column_history import History, TypeChange

LONGEST = 40  # columns of the screen for a name or a type; longer ones move the rest
NOT_WRITTEN = "-"


class ColumnOrigin(NamedTuple):
    """A column of a table, and where its name and type come from."""

    table: str
    name: str
    type: str  # of the Parquet table; empty if no run has written the column
    crawled: str  # of the crawled table; empty if no crawl knows the column
    origin: str
    changes: Sequence[TypeChange]

    def as_json(self) -> dict[str, Any]:
        """Return the column for programs."""
        return {**self._asdict(), "changes": [each._asdict() for each in self.changes]}


def columns_of(
    table: CatalogTable, spec: DataPipelineSpec, forgotten: set[str], history: History
) -> list[ColumnOrigin]:
    """Return the columns of a table: those of the Parquet table first, in its order."""
    names = dict.fromkeys([*table.written, *table.crawled, *sorted(forgotten)])
    return [
        ColumnOrigin(
            table.name,
            name,
            table.written.get(name, ""),
            table.crawled.get(name, ""),
            _origin(name, table, spec, forgotten),
            tuple(history.get((table.name, name), ())),
        )
        for name in names
    ]


def shown(table: CatalogTable, columns: Sequence[ColumnOrigin]) -> Iterator[Text]:
    """Yield the lines of a table for people."""
    where = f" ({table.location})" if table.location else ""
    yield Text(f"{visible(table.name)}{visible(where)}", style="bold")
    rows = [(visible(each.name), visible(each.type or NOT_WRITTEN)) for each in columns]
    names, types = (min(max(map(cell_len, each)), LONGEST) for each in zip(*rows, strict=True))
    for (name, kind), column in zip(rows, columns, strict=True):
        cells = f"{_padded(name, names)}  {_padded(kind, types)}"
        yield Text(f"  {cells}  {visible('; '.join(_notes(column)))}")


def _padded(text: str, width: int) -> str:
    """Return a text with spaces after it; a character of Chinese or Japanese takes two columns."""
    return text + " " * max(0, width - cell_len(text))


def _notes(column: ColumnOrigin) -> Iterator[str]:
    yield column.origin
    if column.crawled and column.type and column.crawled != column.type:
        yield f"{column.crawled} in the crawled table"
    for each in column.changes:
        because = f"because of {each.value!r} in {each.object}"
        yield f"{each.old} until {each.time[:16]}, widened to {each.new} {because}"


def _origin(
    name: str, table: CatalogTable, spec: DataPipelineSpec, forgotten: Mapping[str, Any] | set[str]
) -> str:
    from dataflowxpress.api.spec.columns import ADDED_BY_JOB

    if name in {column.name for column in spec.source.columns}:
        return "declared"
    if name in forgotten:
        return "forgotten: the job refuses objects that have it"
    if name in table.folders:
        return "from the folders of the keys"
    if name not in table.crawled:
        return "added by the job" if name in ADDED_BY_JOB else "written by the job"
    return "crawled" if name in table.written else "crawled; no converted object has it"
