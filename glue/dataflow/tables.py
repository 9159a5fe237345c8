"""Tables: the tables under the source prefix, and the names that objects have for their columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from string import whitespace
from typing import TYPE_CHECKING, Any, NamedTuple

from dataflow.logical_tables import path_folders
from dataflow.partitions import value_of
from dataflow.skip_reasons import Deferred, Unreadable
from dataflow.source_options import DeclaredColumn, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NAMES = 500  # characters of a list of names in a message
_UNSEEN = f"{whitespace}\u00a0\u200b\u200c\u200d\u2060\ufeff"
_MARK_AS_WINDOWS_1252 = "\u00ef\u00bb\u00bf"  # a byte order mark of UTF-8, decoded wrongly


@dataclass(frozen=True)
class Table:
    """A table that the crawler created, with the columns that users declared."""

    name: str
    location: str  # a prefix of keys, with a slash
    columns: Mapping[str, str]  # the types of the columns, by name in the Parquet table
    path_columns: tuple[str, ...] = ()  # columns whose values are in the keys
    is_deprecated: bool = False  # the crawler found objects of another format, and adds no columns
    crawled: Mapping[str, str] = field(default_factory=dict)  # the crawler's names, by name
    declared: Mapping[str, DeclaredColumn] = field(default_factory=dict)  # by name
    forgotten: frozenset[str] = frozenset()  # columns that a user does not want

    @property
    def file_columns(self) -> list[str]:
        """The columns whose values are in the objects."""
        return [name for name in self.columns if name not in self.path_columns]

    def explain(self, reason: str) -> str:
        """Return the reason with a fix, if no crawl can add the columns that an object needs."""
        if not self.is_deprecated:
            return reason
        return (
            f"{reason}, and no crawl adds them: table {self.name} was crawled with another"
            " format; delete it from the catalog, so that the next crawl creates it again"
        )

    def has_declared_type(self, name: str) -> bool:
        """Return whether the type of a column is declared, so that it never widens."""
        return bool(name in self.declared and self.declared[name].type)


class Names(NamedTuple):
    """The table's columns for the columns of an object, and those that the table does not have."""

    columns: dict[str, str]  # by name in the object
    unknown: list[str]
    in_path: dict[str, str]  # columns of the object that the folders of its key have, too


def table_of(key: str, tables: Iterable[Table]) -> Table:
    """Return the table whose location has the key; raises Deferred if there is none."""
    found = [table for table in tables if key.startswith(table.location)]
    if not found:
        raise Deferred(
            "with catalog.tables: PerFolder, an object must be in a folder of the source prefix;"
            " move it into one"
        )
    return found[0]


def names_of(header: Sequence[str], table: Table) -> Names:
    """Return the table's columns for a header.

    The crawler converts names to lowercase, and an empty name to `col<position>`. Some crawlers
    also replace all characters other than letters and digits.
    """
    known = _known(table)
    columns, unknown, in_path = {}, [], {}
    for position, name in enumerate(header):
        plain = plain_name(name) or f"col{position}"
        if column := known.get(plain) or known.get(_plain(plain)):
            columns[name] = column
        elif plain in table.path_columns:
            in_path[name] = plain
        else:
            unknown.append(name)
    _check_duplicates([*columns.values(), *in_path.values(), *map(plain_name, unknown)])
    if unwanted := sorted(table.forgotten.intersection(name.lower() for name in unknown)):
        raise Unreadable(
            f"column {unwanted[0]} was forgotten; declare it in source.columns,"
            " or upload the object without it"
        )
    return Names(columns, unknown, in_path)


def path_values(key: str, table: Table) -> list[str | None]:
    """Return the values of the path columns from folders named `name=value` or `value`."""
    folders = path_folders(key, table.location, table.path_columns)
    return [None if each is None else value_of(each) for each in folders]


def table_from(
    name: str,
    location: str,
    crawled: Mapping[str, str],
    path_columns: Sequence[str],
    reading: SourceOptions,
    **other: Any,
) -> Table:
    """Return a table of *crawled* types by name, in which declared columns replace crawled ones.

    If columns are declared and others are not added, crawled columns are as unknown as any other.
    """
    declared = reading.columns
    is_closed = bool(declared) and reading.new_columns != "Add"
    sources = {_plain(plain_name(each.source or each.name)): each for each in declared}
    names, columns, in_path = {}, {}, []
    for each, kind in crawled.items():
        column = sources.pop(_plain(each), None)
        if is_closed and not column and each not in path_columns:
            continue
        target = column.name if column else each
        columns[target] = (column and column.type) or kind
        names[target] = each
        if each in path_columns:
            in_path.append(target)
    columns |= {each.name: each.type or "string" for each in sources.values()}
    return Table(
        name,
        location,
        columns,
        tuple(in_path),
        crawled=names,
        declared={each.name: each for each in declared},
        **other,
    )


def source_names(table: Table) -> list[str]:
    """Return the names that objects have for the columns of a table, in order."""
    renamed = {name: column.source for name, column in table.declared.items() if column.source}
    return [renamed.get(name, name) for name in table.file_columns]


def plain_name(name: str) -> str:
    """Return a name of an object in lowercase, without spaces and invisible marks.

    Some programs write byte order marks or zero-width spaces before the first name.
    """
    return name.strip(_UNSEEN).removeprefix(_MARK_AS_WINDOWS_1252).strip(_UNSEEN).lower()


def shortened(names: Iterable[str]) -> str:
    """Return names for a message."""
    return ", ".join(names)[:NAMES]


def _known(table: Table) -> dict[str, str]:
    """Return the columns by all names that an object can have for them, in lowercase."""
    renamed = {plain_name(column.source or name): name for name, column in table.declared.items()}
    crawled = {name: name for name in table.file_columns if name not in table.declared}
    exact = {**{plain_name(name): name for name in crawled}, **crawled, **renamed}
    return {**{_plain(name): column for name, column in exact.items()}, **exact}


def _check_duplicates(columns: Iterable[str]) -> None:
    duplicates = sorted(name for name, count in Counter(columns).items() if count > 1)
    if duplicates:
        raise Unreadable(f"the header has duplicate columns: {shortened(duplicates)}")


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name)
