"""Sources: uploaded objects, the tables they belong to, and what their first bytes tell."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class SkipReason(Exception):
    """Why an object gives no rows now."""


class Unreadable(SkipReason):
    """It never will: the reason is committed, and the object is not looked at again."""


class Deferred(SkipReason):
    """The catalog does not know enough about it yet."""


@dataclass(frozen=True)
class Object:
    """One version of an object under the source prefix."""

    key: str
    etag: str
    size: int
    modified: str


@dataclass(frozen=True)
class Table:
    """A table that the crawler made: the keys it covers, and its columns with their types."""

    name: str
    location: str  # a key without a slash at its end
    columns: dict[str, str]
    path_columns: tuple[str, ...] = ()  # those of `columns` whose values stand in the keys

    @property
    def file_columns(self) -> list[str]:
        """The columns whose values stand in the objects."""
        return [name for name in self.columns if name not in self.path_columns]

    def covers(self, key: str) -> bool:
        """Whether a key is the location itself or lies in its folder."""
        return key == self.location or key.startswith(f"{self.location}/")


def table_of(key: str, tables: Iterable[Table]) -> Table:
    """Return the table whose location covers the key most closely."""
    covering = [table for table in tables if table.covers(key)]
    if not covering:
        raise Deferred("no table of the catalog covers it yet")
    return max(covering, key=lambda table: len(table.location))


def check_key(obj: Object) -> None:
    """Refuse what cannot be read under any table."""
    *folders, name = obj.key.split("/")
    if obj.size == 0:
        raise Unreadable("the object is empty")
    if name.startswith(("_", ".")) or name.endswith("._COPYING_"):
        raise Unreadable("Spark and Athena hide names that begin with _ or .")
    if any(folder in {"", ".", ".."} for folder in folders):
        raise Unreadable("Spark cannot address a folder without a name, or named . or ..")


def looks_like_pattern(key: str) -> bool:
    """Whether Hadoop would take the key for a glob."""
    return any(character in "{}[]*?\\" for character in key)


def first_record(head: bytes, *, is_all: bool, delimiter: str, quote: str) -> list[str] | None:
    """Return the first record of a CSV object, or None if it may go on after these bytes."""
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
        raise Unreadable("not CSV in UTF-8: its first record has other bytes")
    ends_here = lines.tell() < len(text)
    return record if ends_here or is_all else None


def columns_of(header: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the catalog's columns behind a header.

    The crawler writes names in lower case, and an empty name as `col<position>`; some crawlers also
    replace what is neither letter nor digit.
    """
    spelled = {**{_plain(name): name for name in known}, **{name: name for name in known}}
    names = [name.strip().lower() or f"col{position}" for position, name in enumerate(header)]
    columns = tuple(spelled.get(name) or spelled.get(_plain(name)) or name for name in names)
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise Unreadable(f"the header names a column twice: {', '.join(twice)}")
    unknown = [name for name in columns if name not in spelled]
    if unknown:
        raise Deferred(f"the catalog does not know a column yet: {', '.join(unknown)[:500]}")
    return columns


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def path_values(key: str, table: Table) -> list[str | None]:
    """Return the values of the table's path columns, from folders `name=value` or `value`."""
    folders = key[len(table.location) :].strip("/").split("/")[:-1]
    values = [unquote(folder.partition("=")[2] or folder) for folder in folders]
    missing = [None] * (len(table.path_columns) - len(values))
    return [*values, *missing][: len(table.path_columns)]


def digest(key: str) -> str:
    """Return the name under which the catalog knows an object's rows, whatever its content."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
