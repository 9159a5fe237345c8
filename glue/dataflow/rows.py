"""Rows: the records of one object with the table's columns and types, or why they are no rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dataflow.column_values import EXAMPLE, ColumnValues, positions
from dataflow.layout import RESCUED, own_columns
from dataflow.partitions import problem
from dataflow.reading.records import RAW_CHARACTERS, Reject
from dataflow.reasons import Reasons
from dataflow.rescue import rescued
from dataflow.skip_reasons import Deferred, Unreadable
from dataflow.tables import Names, names_of, plain_name, shortened
from dataflow.values.kinds import arrow_type
from dataflow.values.typing import typed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dataflow.options import Options
    from dataflow.reading.records import Batch
    from dataflow.tables import Table

_NAMELESS = re.compile(r"col\d+")  # what a reader calls a column without a name


class Rows(NamedTuple):
    """Some rows of a table, and the records between them that are none."""

    table: pa.Table  # without the partition columns
    partitions: dict[str, pa.Array]  # the values of the partition columns, as texts
    rejects: list[Reject]


@dataclass
class ObjectRows:
    """The rows of one object, batch by batch."""

    table: Table
    options: Options
    used: Collection[str]  # the columns of earlier objects; empty if there are none
    constants: Mapping[str, Any]  # the values of path columns and of metadata columns
    is_final: bool = False  # the rows come from Parquet, so no crawl can add columns
    learns: bool = False  # a crawl has seen the object, and the catalog lacks columns all the same
    columns: dict[str, None] = field(default_factory=dict)  # of this object
    read: int = 0

    def __post_init__(self) -> None:
        """Prepare the conversion of values."""
        self._values = ColumnValues(self.table, self.options.reading, learns=self.learns)

    @property
    def changes(self) -> dict[str, tuple[str, str]]:
        """The types of columns that the catalog must change, with a value that needs each."""
        return self._values.changes

    def of(self, batch: Batch) -> Rows:
        """Return the rows of a batch; raises SkipReason for the whole object."""
        self.read += len(batch.numbers) + len(batch.rejects)
        batch = self._without_blanks(batch)
        names = names_of([*batch.columns], self.table)
        self._check(batch, names)
        self.columns |= dict.fromkeys(names.columns.values())
        reasons = Reasons()
        self._compare_with_path(batch, names, reasons)
        arrays = {
            name: self._values.typed(name, column, reasons)
            for name, column in self._columns(batch, names).items()
        }
        self._require(arrays, len(batch.numbers), reasons)
        own = self._own(batch, names, reasons)
        empty = pa.nulls(len(batch.numbers), pa.string())
        partitions = {
            name: self._path_texts(name, arrays[name], reasons) if name in arrays else empty
            for name in self.options.partitions
        }
        rejects = [
            Reject(batch.numbers[position].as_py(), text, _raw(batch, position), column)
            for position, (column, text) in reasons.by_position().items()
        ]
        table = self._assembled({**arrays, **own}, len(batch.numbers))
        kept = reasons.kept(len(batch.numbers))
        if kept is not None:
            table = table.filter(kept)
            partitions = {name: array.filter(kept) for name, array in partitions.items()}
        return Rows(table, partitions, sorted([*batch.rejects, *rejects], key=lambda r: r.record))

    @property
    def written(self) -> list[str]:
        """The columns of the rows, in the table's order."""
        known = (*self.used, *self.table.declared, *self.table.path_columns)
        wanted = {*self.columns, *known}
        return [name for name in self.table.columns if name in wanted]

    def _without_blanks(self, batch: Batch) -> Batch:
        """Return a batch without columns that have neither name nor value, as after `a,b,`."""
        blank = [
            name
            for name, column in batch.columns.items()
            if _NAMELESS.fullmatch(name)
            and name not in self.used
            and isinstance(column, pa.Array)
            and column.null_count == len(column)
        ]
        kept = {name: each for name, each in batch.columns.items() if name not in blank}
        return replace(batch, columns=kept) if kept else batch

    def _check(self, batch: Batch, names: Names) -> None:
        """Raise Deferred if the catalog, or a user, first has to add columns."""
        if self.is_final:
            return
        self._check_reserved(names)
        common = set(names.columns.values()) & set(self.used)
        if self.used and not common:
            raise Deferred(
                f"the object shares no column with table {self.table.name}: it has"
                f" {shortened([*names.columns, *names.unknown])!r}; upload it in the table's form,"
                " set the options of spec.source, or declare its columns in source.columns"
            )
        self._values.add({name: batch.columns[name] for name in names.unknown})

    def _check_reserved(self, names: Names) -> None:
        """Raise Unreadable if the object has a column that the job adds to all tables."""
        added = own_columns(self.options)
        known = [*names.columns.values(), *self.table.path_columns]
        if taken := sorted(added.keys() & {*known, *map(plain_name, names.unknown)}):
            raise Unreadable(
                f"the job adds the column {taken[0]} itself; rename the column of the object,"
                " or give it another name in source.columns"
            )

    def _columns(self, batch: Batch, names: Names) -> dict[str, Any]:
        count = len(batch.numbers)
        of_path = {
            name: pa.repeat(pa.scalar(self.constants.get(name), pa.string()), count)
            for name in self.table.path_columns
            if name in self.constants
        }
        # An object outside of a folder of this name can have its value in a column.
        of_path |= {
            name: batch.columns[each]
            for each, name in names.in_path.items()
            if self.constants.get(name) is None
        }
        return of_path | {name: batch.columns[each] for each, name in names.columns.items()}

    def _require(self, arrays: Mapping[str, pa.Array], count: int, reasons: Reasons) -> None:
        """Reject records without a value in a column that must have one."""
        declared = (name for name, each in self.table.declared.items() if each.required)
        for name in dict.fromkeys([*declared, *self.options.upsert_columns]):
            if self.is_final:
                continue
            missing = positions(pc.is_null(arrays[name])) if name in arrays else range(count)
            for position in missing:
                if not reasons.has(position):
                    reasons.add(position, name, f"column {name}: has no value, but is required")

    def _compare_with_path(self, batch: Batch, names: Names, reasons: Reasons) -> None:
        """Reject records with another value than the folder of this name has."""
        for given, name in names.in_path.items():
            folder = self.constants.get(name)
            if folder is None:
                continue
            texts = typed(batch.columns[given], "string").values
            others = [each for each in texts.unique().to_pylist() if not _is_same(each, folder)]
            for position in positions(pc.is_in(texts, value_set=pa.array(others, pa.string()))):
                text = texts[position].as_py()[:EXAMPLE]
                reasons.add(
                    position, name, f"column {name}: {text!r} is not {folder!r}, the folder"
                )

    def _own(self, batch: Batch, names: Names, reasons: Reasons) -> dict[str, pa.Array]:
        """Return the columns that the job adds; reject or rescue what is in unknown columns."""
        own = {}
        for name, kind in own_columns(self.options).items():
            if self.is_final and name in batch.columns:
                own[name] = typed(batch.columns[name], kind).values
            elif name == "_record_number":
                own[name] = batch.numbers
            elif name in self.constants:
                scalar = pa.scalar(self.constants[name], arrow_type(kind))
                own[name] = pa.repeat(scalar, len(batch.numbers))
        # With Add, the catalog gets the columns, and the object's rows count only then.
        if self.is_final or not names.unknown or self.options.reading.new_columns == "Add":
            return own
        unknown = rescued({name: batch.columns[name] for name in names.unknown})
        if self.options.reading.new_columns == "Rescue":
            return {**own, RESCUED: unknown}
        for position in positions(pc.is_valid(unknown)):
            names_here = f"the table does not have these columns: {shortened(names.unknown)}"
            reasons.add(position, None, names_here)
        return own

    def _path_texts(self, name: str, array: pa.Array, reasons: Reasons) -> pa.Array:
        """Return the values of a partition column as texts; reject those that cannot be one."""
        texts = typed(array, "string").values
        problems = {each: problem(each) for each in texts.unique().to_pylist() if each}
        bad = {text: why for text, why in problems.items() if why}
        if bad:
            for position in positions(pc.is_in(texts, value_set=pa.array([*bad], pa.string()))):
                text = texts[position].as_py()
                reasons.add(position, name, f"column {name}: {text[:EXAMPLE]!r} {bad[text]}")
        return texts

    def _assembled(self, arrays: Mapping[str, pa.Array], count: int) -> pa.Table:
        added = own_columns(self.options)
        kinds = {name: self.table.columns[name] for name in self.written} | added
        schema = pa.schema(
            [
                (name, arrow_type(kind))
                for name, kind in kinds.items()
                if name not in self.options.partitions
            ]
        )
        columns = [
            arrays[each.name] if each.name in arrays else pa.nulls(count, each.type)
            for each in schema
        ]
        return pa.table(columns, schema=schema)


def _is_same(text: str | None, folder: str) -> bool:
    """Return whether a value is that of a folder, which can have zeros before a number."""
    if text is None:
        return True
    return text == folder or (text.isdecimal() and text.lstrip("0") == folder.lstrip("0"))


def _raw(batch: Batch, position: int) -> str:
    return batch.raw(position)[:RAW_CHARACTERS]
