"""Column values: the values of an object's columns in the types of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from dataflow.learning import is_column_name, learned_kind, merged_kind
from dataflow.reading.garbage import no_collections
from dataflow.reading.xml_lists import with_lists
from dataflow.skip_reasons import Deferred, Uncrawled, Unreadable
from dataflow.tables import plain_name, shortened
from dataflow.values.kinds import arrow_type
from dataflow.values.typing import TextRule, reason, text_of, typed
from dataflow.values.widening import narrowest
from dataflow.widening import widest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from dataflow.reasons import Reasons
    from dataflow.source_options import SourceOptions
    from dataflow.tables import Table

EXAMPLE = 100  # characters of a value in a message
WAITING = {"Add", "Wait"}  # the settings with which an object waits for the catalog's columns


class ColumnValues:
    """Converts the values of one object, and collects what the catalog must change for them."""

    def __init__(self, table: Table, reading: SourceOptions, *, learns: bool) -> None:
        self.table, self.reading = table, reading
        self._adds = learns and reading.new_columns == "Add"
        # The types of columns that must change or that the catalog lacks, with a value for each.
        self.changes: dict[str, tuple[str, str]] = {}

    def typed(self, name: str, column: Any, reasons: Reasons) -> pa.Array:
        """Return the values of a column of the table; raises Deferred for unknown fields."""
        kind, rule = self.table.columns[name], self._rule(name)
        if self.reading.format == "xml":
            column = with_lists(column, arrow_type(kind))
        with no_collections():
            found = typed(column, kind, rule)
        if found.unknown_fields:
            self._add_fields(name, column, found.unknown_fields)
        if found.misfits is not None and not self._widens(name, column, found.misfits):
            for position in positions(found.misfits):
                text = reason(column[position], kind, rule)
                reasons.add(position, name, f"column {name}: {text}")
        return found.values

    def add(self, columns: Mapping[str, Any]) -> None:
        """Collect columns that the table lacks, by name as uploaded, or raise Deferred."""
        if columns and not self._adds and self.reading.new_columns in WAITING:
            text = f"the catalog table does not have these columns yet: {shortened(columns)}"
            raise self._lacking(self.table.explain(text))
        for given, column in columns.items() if self._adds else ():
            name = plain_name(given)
            if not is_column_name(name):
                raise Unreadable(
                    f"the catalog cannot have a column {name[:EXAMPLE]!r}: a name has at most 255"
                    " characters without line breaks; declare it in source.columns"
                )
            self.changes.setdefault(name, (learned_kind(column), ""))

    def _lacking(self, text: str) -> Deferred:
        """Return the reason to wait for a crawl, or for a person who adds columns."""
        return Uncrawled(text) if self.reading.new_columns == "Add" else Deferred(text)

    def _rule(self, name: str) -> TextRule:
        if name in self.table.path_columns:
            return TextRule(is_declared=True)  # `month=01` is 1
        return TextRule.of(self.table.declared.get(name), self.reading.csv.decimal)

    def _add_fields(self, name: str, column: Any, unknown: frozenset[str]) -> None:
        fields = shortened(sorted(f"{name}.{each}" for each in unknown))
        if self._adds:
            kind = merged_kind(self.table.columns[name], learned_kind(column))
            self.changes[name] = (kind, f"the fields {fields}")
        elif self.reading.new_columns in WAITING:
            raise self._lacking(f"the catalog table does not have these fields yet: {fields}")

    def _widens(self, name: str, column: Any, misfits: pa.Array) -> bool:
        """Collect the type that the column needs so that the misfits fit, if it can have it."""
        fixed = name in self.table.path_columns or self.table.has_declared_type(name)
        if fixed or self.reading.type_changes != "Widen":
            return False
        new = narrowest(column, misfits, self.table.columns[name], self._rule(name))
        if not new:
            return False
        before = self.changes.get(name, (new, ""))[0]
        if name not in self.changes or widest(before, new) != before:
            example = text_of(column, positions(misfits)[0]) or ""
            self.changes[name] = (new, example[:EXAMPLE])
        return True


def positions(mask: pa.Array) -> list[int]:
    """Return the positions at which a mask is true."""
    found: list[int] = pc.indices_nonzero(mask).to_pylist()
    return found
