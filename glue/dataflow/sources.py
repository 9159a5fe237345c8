"""Sources: uploaded objects, their tables and their headers."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dataflow.skip_reasons import Deferred, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Object:
    """One version of an object under the source prefix."""

    key: str
    etag: str
    size: int
    modified: str


@dataclass(frozen=True)
class Table:
    """A table that the crawler created: its location, and its columns with their types."""

    name: str
    location: str  # a key without a trailing slash
    columns: dict[str, str]
    path_columns: tuple[str, ...] = ()  # columns whose values are in the keys
    is_deprecated: bool = False  # the crawler found objects of another format, and adds no columns

    @property
    def file_columns(self) -> list[str]:
        """The columns whose values are in the objects."""
        return [name for name in self.columns if name not in self.path_columns]

    def covers(self, key: str) -> bool:
        """Return whether a key is the location itself or is under it."""
        return key == self.location or key.startswith(f"{self.location}/")

    def explain(self, deferred: Deferred) -> Deferred:
        """Return the reason with a fix, if no crawl can add the columns that an object needs."""
        if not self.is_deprecated:
            return deferred
        return Deferred(
            f"{deferred}, and no crawl adds them: table {self.name} was crawled with another"
            " format; delete it from the catalog, so that the next crawl creates it again"
        )


def table_of(key: str, tables: Iterable[Table]) -> Table:
    """Return the table with the longest location that covers the key."""
    covering = [table for table in tables if table.covers(key)]
    if not covering:
        raise Deferred("no catalog table covers the object yet")
    return max(covering, key=lambda table: len(table.location))


def check_key(obj: Object) -> None:
    """Raise Unreadable if Spark cannot read the object in any table."""
    *folders, name = obj.key.split("/")
    if obj.size == 0:
        raise Unreadable("the object is empty")
    if name.startswith(("_", ".")) or name.endswith("._COPYING_"):
        raise Unreadable("Spark and Athena ignore objects whose names begin with _ or .")
    if any(folder in {"", ".", ".."} for folder in folders):
        raise Unreadable("Spark cannot read a folder whose name is empty, . or ..")


def looks_like_pattern(key: str) -> bool:
    """Return whether Hadoop would interpret the key as a glob pattern."""
    return any(character in "{}[]*?\\" for character in key)


def first_record(head: bytes, *, is_all: bool, delimiter: str, quote: str) -> list[str] | None:
    """Return the first record of a CSV object, or None if it may continue after *head*."""
    text = head.decode("utf-8-sig", errors="replace")
    if "\0" in text:
        raise Unreadable("not CSV: binary data")
    lines = io.StringIO(text, newline="")
    try:
        records = csv.reader(lines, delimiter=delimiter, quotechar=quote)
        record = next((record for record in records if record), [])
    except csv.Error as error:
        raise Unreadable(f"not CSV: {error}") from None
    if any("\ufffd" in name for name in record):
        raise Unreadable("not CSV in UTF-8: the first record has invalid bytes")
    is_complete = lines.tell() < len(text)
    return record if is_complete or is_all else None


def columns_of(header: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the catalog's columns for a header.

    The crawler converts names to lowercase, and an empty name to `col<position>`. Some crawlers
    also replace all characters other than letters and digits.
    """
    columns_by_name = {**{_plain(name): name for name in known}, **{name: name for name in known}}
    names = [name.strip().lower() or f"col{position}" for position, name in enumerate(header)]
    columns = tuple(
        columns_by_name.get(name) or columns_by_name.get(_plain(name)) or name for name in names
    )
    duplicates = sorted({name for name in columns if columns.count(name) > 1})
    if duplicates:
        raise Unreadable(f"the header has duplicate columns: {', '.join(duplicates)}")
    missing = [name for name in columns if name not in columns_by_name]
    if missing:
        names_missing = ", ".join(missing)[:500]
        raise Deferred(f"the catalog table does not have these columns yet: {names_missing}")
    return columns


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def path_values(key: str, table: Table) -> list[str | None]:
    """Return the values of the path columns from folders named `name=value` or `value`."""
    folders = key[len(table.location) :].strip("/").split("/")[:-1]
    values = [unquote(folder.partition("=")[2] or folder) for folder in folders]
    missing = [None] * (len(table.path_columns) - len(values))
    return [*values, *missing][: len(table.path_columns)]


def digest(key: str) -> str:
    """Return the identifier of an object's rows in the catalog, which depends on its key only."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
