"""Logical tables: one table per prefix or folder, however many a crawler makes of its objects.

A crawler makes a table of each object if one object beside them has another compression or format,
or cannot be read. It creates such tables again in each crawl, so the job combines them when it
reads the catalog.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_FLOATING = ("float", "double")
_LONGEST_NAME = 128  # that a crawler gives to a table
_DIGEST = 16  # characters
_NUMBERED = re.compile(r"partition_(\d+)")


@dataclass(frozen=True)
class CrawledTable:
    """A table that the crawler created; its location is a folder with a slash, or one object."""

    name: str
    location: str
    columns: Mapping[str, str]  # the types of the columns in the objects, by name
    path_columns: Mapping[str, str] = field(default_factory=dict)  # the partition keys, in order
    is_deprecated: bool = False


@dataclass(frozen=True)
class LogicalTable(CrawledTable):
    """The combination of the crawled tables at and below a location."""

    parts: tuple[str, ...] = ()  # the names of the crawled tables, the one at the location first
    exists: bool = False  # whether the crawler, or an earlier run, has made a table at the location


def logical_tables(
    crawled: Iterable[CrawledTable],
    keys: Iterable[str],
    prefix: str,
    *,
    per_folder: bool,
    table_prefix: str,
) -> list[LogicalTable]:
    """Return the tables of a source prefix; prefix and locations end with a slash.

    The tables of objects *keys* can have no crawled table yet, and then have no columns. The name
    is that of the crawled table at the location. Without one, it is the name that a crawler would
    choose, with a hash if a crawled table elsewhere has it.
    """
    locations = {logical_location(key, prefix, per_folder=per_folder) for key in keys}
    by_location: dict[str, list[CrawledTable]] = {each: [] for each in locations if each}
    taken = set()
    for table in crawled:
        taken.add(table.name)
        if location := logical_location(table.location, prefix, per_folder=per_folder):
            by_location.setdefault(location, []).append(table)
    found = []
    for location, parts in sorted(by_location.items()):
        name = _unused(table_name(location, table_prefix), location, taken)
        found.append(_combined(location, parts, name))
        taken.add(found[-1].name)
    return found


def logical_location(key: str, prefix: str, *, per_folder: bool) -> str | None:
    """Return the location of the table of an object, or of a crawled table; None if it has none.

    With a table per folder, an object beside the folders has no table.
    """
    if not key.startswith(prefix):
        return None
    if not per_folder:
        return prefix
    folder, slash, _ = key.removeprefix(prefix).partition("/")
    return f"{prefix}{folder}/" if slash else None


def path_folders(key: str, location: str, path_columns: Iterable[str]) -> list[str | None]:
    """Return the folder that has the value of each path column; None if the key has none.

    It is the folder of that name, like `year=2024` for `year`, wherever it is. Otherwise, it is the
    folder at the position of the column, if this folder has no name or the column is numbered.
    """
    folders = key.removeprefix(location).split("/")[:-1]
    named = {_key_of(each): each for each in reversed(folders) if "=" in each}
    return [named.get(name) or _at(folders, name, at) for at, name in enumerate(path_columns)]


def _at(folders: Sequence[str], column: str, position: int) -> str | None:
    number = _NUMBERED.fullmatch(column)
    found = dict(enumerate(folders)).get(int(number[1]) if number else position)
    return found if found and (number or "=" not in found) else None


def table_name(location: str, table_prefix: str) -> str:
    """Return the name that a crawler chooses for a table at a location."""
    folder = location.removesuffix("/").rsplit("/", 1)[-1]
    return re.sub(r"[^0-9a-z_]", "_", f"{table_prefix}{folder}".lower())[:_LONGEST_NAME]


def _unused(name: str, location: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    digest = hashlib.sha256(location.encode()).hexdigest()[:_DIGEST]
    return f"{name[: _LONGEST_NAME - _DIGEST - 1]}_{digest}"


def _combined(location: str, found: list[CrawledTable], name: str) -> LogicalTable:
    parts = sorted(found, key=lambda part: (part.location != location, part.location, part.name))
    first = next((part for part in parts if part.location == location), None)
    in_path = _path_columns(parts, location)
    # A type at the location itself can be one that a user or an earlier run has chosen.
    columns = dict(first.columns) if first else {}
    added: dict[str, str] = {}
    for part in parts:
        for column, kind in part.columns.items():
            if column not in columns:
                added[column] = _common(added.get(column, kind), kind)
    return LogicalTable(
        first.name if first else name,
        location,
        {each: kind for each, kind in (columns | added).items() if each not in in_path},
        in_path,
        is_deprecated=bool(first and first.is_deprecated and columns),
        parts=tuple(part.name for part in parts),
        exists=first is not None,
    )


def _path_columns(parts: Sequence[CrawledTable], location: str) -> dict[str, str]:
    """Return names for the folders below a location, from the folders and keys of its parts.

    A folder has a number if no part has a name for its depth.
    """
    by_depth: dict[int, dict[str, None]] = {}
    for part in parts:
        folders = part.location.removeprefix(location).split("/")[:-1]
        names = [_key_of(each) if "=" in each else "" for each in folders]
        names += ["" if _NUMBERED.fullmatch(each) else each for each in part.path_columns]
        for depth, name in enumerate(names):
            by_depth.setdefault(depth, {}).update({name: None} if name else {})
    names_by_depth = (by_depth[depth] or [f"partition_{depth}"] for depth in sorted(by_depth))
    kinds = {name: kind for part in reversed(parts) for name, kind in part.path_columns.items()}
    return {name: kinds.get(name, "string") for names in names_by_depth for name in names}


def _key_of(folder: str) -> str:
    return folder.partition("=")[0].lower()


def _common(one: str, other: str) -> str:
    """Return the type that has the values of both; the job widens it if a value does not fit."""
    if one == other:
        return one
    for ladder in (_WHOLE, _FLOATING):
        if one in ladder and other in ladder:
            return max(one, other, key=ladder.index)
    numbers = {*_WHOLE, *_FLOATING}
    return "double" if {one, other} <= numbers else "string"
