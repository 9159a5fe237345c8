"""Grouping: combines the objects under a path into tables and partitions."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .schema.schema import UNREADABLE, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .schema.objects import S3Object

Classified = tuple["S3Object", Schema]


@dataclass(frozen=True)
class Group:
    """A future table: a folder, or a single object if its neighbours differ too much."""

    location: str
    members: tuple[Classified, ...]
    partitioned: bool

    @property
    def schema(self) -> Schema:
        """The schema of all members."""
        return functools.reduce(Schema.merged, (schema for _, schema in self.members))

    @property
    def partition_keys(self) -> list[str]:
        """The partition columns, named by folders `key=value` or otherwise numbered."""
        if not self.partitioned:
            return []
        names = (folder.partition("=") for folder in self._deepest)
        return [
            key.lower() if equals else f"partition_{number}"
            for number, (key, equals, _) in enumerate(names)
        ]

    @property
    def partitions(self) -> dict[tuple[str, ...], str]:
        """The values of the partition keys, with the location of each.

        An object in folders of another structure is in no partition.
        """
        if not self.partitioned:
            return {}
        structure = _structure(self._deepest)
        return {
            tuple(folder.rpartition("=")[2] for folder in folders): (
                f"{self.location}{'/'.join(folders)}/"
            )
            for folders in (self._folders(found) for found, _ in self.members)
            if _structure(folders) == structure
        }

    @property
    def _deepest(self) -> tuple[str, ...]:
        return max((self._folders(found) for found, _ in self.members), key=len)

    def _folders(self, found: S3Object) -> tuple[str, ...]:
        inside = found.uri.removeprefix(self.location)
        return tuple(inside.split("/")[:-1])

    @property
    def name(self) -> str:
        """The table's name without prefix: the name of its folder, in Glue's characters."""
        last = self.location.rstrip("/").rsplit("/", 1)[-1]
        return re.sub(r"[^0-9a-z_]", "_", last.lower())


def group(
    path: str, found: Iterable[Classified], *, combine: bool, level: int | None = None
) -> list[Group]:
    """Return the tables under a path.

    Compatible objects form one table, and the folders between are partitions. Otherwise, each
    folder is grouped separately, and the objects in it become a table each. With `combine`, the
    columns need not be similar, but the format, the compression and the structure of the path must
    be the same: https://docs.aws.amazon.com/glue/latest/dg/crawler-grouping-policy.html,
    https://repost.aws/knowledge-center/glue-crawler-multiple-tables

    A *level* is the depth of tables; the bucket is level 1. Objects above it are in no table.
    Objects of one format and compression below a folder at this level form one table, at any depth:
    https://docs.aws.amazon.com/glue/latest/dg/crawler-table-level.html. That page does not say if
    objects of different formats or compressions do. Here they do not, which is the worse case.
    An object that the crawler cannot read or recognise is incompatible with all others. A crawl
    among unreadable objects made tables of days, months and single files, as an article reports:
    "Glue crawler issues during spark job run", 2020-03-18.
    """
    location = path if path.endswith("/") else f"{path}/"
    depth = max(0, level - _level_of(location)) if level else 0
    members = tuple(each for each in found if len(each[0].folders) >= depth)
    tables = []
    for folders in sorted({each.folders[:depth] for each, _ in members}):
        inside = tuple(each for each in members if each[0].folders[:depth] == folders)
        folder = f"{location}{'/'.join([*folders, ''])}"
        if level and _compatible(inside, combine=combine):
            is_flat = all(len(each.folders) == depth for each, _ in inside)
            tables.append(Group(folder, inside, partitioned=not is_flat))
        else:
            tables += _group(folder, inside, depth, combine=combine)
    return [each for each in tables if each.schema.classification != UNREADABLE.classification]


def _level_of(location: str) -> int:
    return len(location.removeprefix("s3://").strip("/").split("/"))


def _group(
    location: str, members: tuple[Classified, ...], depth: int, *, combine: bool
) -> list[Group]:
    structures = {_structure(each.folders[depth:]) for each, _ in members}
    if len(structures) == 1 and _compatible(members, combine=combine):
        return [Group(location, members, partitioned=structures != {()})]
    objects = tuple(each for each in members if len(each[0].folders) == depth)
    tables = _in_one_folder(location, objects, combine=combine)
    for name in sorted({each.folders[depth] for each, _ in members if len(each.folders) > depth}):
        inside = tuple(each for each in members if each[0].folders[depth : depth + 1] == (name,))
        tables += _group(f"{location}{name}/", inside, depth + 1, combine=combine)
    return tables


def _structure(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return the partition keys that folders name; an empty one for a folder without a key."""
    return tuple(each.partition("=")[0].lower() if "=" in each else "" for each in folders)


def _in_one_folder(location: str, members: tuple[Classified, ...], *, combine: bool) -> list[Group]:
    if not members:
        return []
    if _compatible(members, combine=combine):
        return [Group(location, members, partitioned=False)]
    return [Group(found.uri, ((found, schema),), partitioned=False) for found, schema in members]


def _compatible(members: tuple[Classified, ...], *, combine: bool) -> bool:
    [(first, schema), *others] = members
    compatible = Schema.fits if combine else Schema.like
    return all(
        found.compression == first.compression and compatible(schema, other)
        for found, other in others
    )
