"""Grouping: combines the objects under a path into tables and partitions."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .schema.schema import Schema

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
        names = (folder.partition("=") for folder in self._folders(self._deepest))
        return [
            key.lower() if equals else f"partition_{number}"
            for number, (key, equals, _) in enumerate(names)
        ]

    @property
    def partitions(self) -> dict[tuple[str, ...], str]:
        """The values of the partition keys, with the location of each.

        An object above the folders of the keys is in no partition.
        """
        if not self.partitioned:
            return {}
        depth = len(self._folders(self._deepest))
        inside = (self._folders(found) for found, _ in self.members)
        return {
            tuple(folder.rpartition("=")[2] for folder in folders): (
                f"{self.location}{'/'.join(folders)}/"
            )
            for folders in inside
            if len(folders) == depth
        }

    @property
    def _deepest(self) -> S3Object:
        return max((found for found, _ in self.members), key=lambda found: len(found.folders))

    def _folders(self, found: S3Object) -> tuple[str, ...]:
        inside = f"s3://{found.bucket}/{found.key}".removeprefix(self.location)
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

    Objects with compatible schemas form one table, and the folders between are partitions. If the
    schemas differ, each folder is grouped separately, and each object with a unique schema becomes
    a table. With `combine`, only the format must be the same. The objects in a folder that also
    contains folders form a table of their own, also with `combine`:
    https://docs.aws.amazon.com/glue/latest/dg/crawler-maximum-number-of-tables.html

    A *level* is the depth of tables; the bucket is level 1. Objects above it are in no table. All
    compatible objects below a folder at this level form one table, at any depth.
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
    return tables


def _level_of(location: str) -> int:
    return len(location.removeprefix("s3://").strip("/").split("/"))


def _group(
    location: str, members: tuple[Classified, ...], depth: int, *, combine: bool
) -> list[Group]:
    levels = {len(each.folders) for each, _ in members}
    if len(levels) == 1 and _compatible(members, combine=combine):
        return [Group(location, members, partitioned=levels != {depth})]
    objects = tuple(each for each in members if len(each[0].folders) == depth)
    tables = _in_one_folder(location, objects, combine=combine)
    for name in sorted({each.folders[depth] for each, _ in members if len(each.folders) > depth}):
        inside = tuple(each for each in members if each[0].folders[depth : depth + 1] == (name,))
        tables += _group(f"{location}{name}/", inside, depth + 1, combine=combine)
    return tables


def _in_one_folder(location: str, members: tuple[Classified, ...], *, combine: bool) -> list[Group]:
    if not members:
        return []
    if _compatible(members, combine=combine):
        return [Group(location, members, partitioned=False)]
    return [
        Group(f"s3://{found.bucket}/{found.key}", ((found, schema),), partitioned=False)
        for found, schema in members
    ]


def _compatible(members: tuple[Classified, ...], *, combine: bool) -> bool:
    first = members[0][1]
    compatible = Schema.fits if combine else Schema.like
    return all(compatible(first, schema) for _, schema in members[1:])
