"""Rejects: the rows that the job has rejected, and the objects that it has refused.

The job keeps rejected rows as compressed JSON lines, and the entry of an object in the manifests
names their folder. Only the current entry of a key counts: a corrected upload replaces it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import RESERVED_PREFIX

from . import bounded
from .bounded import Stored, count, size_of
from .manifest_log import LOG_BYTES
from .manifest_pages import pages
from .manifest_reads import listing

REJECTED = f"{RESERVED_PREFIX}rejected/"
PART = ".json.gz"


class RejectedObject(NamedTuple):
    """An object that has rejected rows or no rows."""

    key: str
    table: str
    read: int
    rejected: int
    reason: str
    directory: str  # of its rejected rows; empty if the job keeps none
    run: str  # empty if only a snapshot names the object

    @property
    def refused(self) -> bool:
        """Whether the job could not read the object."""
        return not self.read


class Reject(NamedTuple):
    """A rejected row; for a refused object, without record, column and raw text."""

    table: str
    object: str
    record: int | None  # its number in the object, from 1
    column: str | None
    reason: str
    raw: str | None
    run: str


class Selection(NamedTuple):
    """A choice of objects; an empty field allows all."""

    object: str = ""  # a key, or a folder that ends with a slash
    table: str = ""
    run: str = ""

    def allows(self, found: RejectedObject) -> bool:
        """Return whether *found* is chosen."""
        chosen = self.object
        in_folder = chosen.endswith("/") and found.key.startswith(chosen)
        return (
            (not chosen or found.key == chosen or in_folder)
            and self.table in {"", found.table}
            and self.run in {"", found.run}
        )


def rejected_objects(s3: Any, bucket: str, selection: Selection) -> list[RejectedObject]:
    """Return the selected objects whose current entry has rejected rows or no rows, by key.

    Raises Refused if the manifests are malformed, or name too many such objects.
    """
    found: dict[str, RejectedObject] = {}
    size = 0
    for page in pages(s3, bucket, every=bool(selection.run)):
        for record in page.entries:
            with page.stored.parsing():
                entry = _entry(record, page.run)
            found.pop(entry.key, None)
            if entry.reason or entry.rejected:
                found[entry.key] = entry
                size += size_of([(entry.key, entry.reason, entry.directory)])
            if size > LOG_BYTES:
                raise Refused(
                    f"the manifests up to {page.stored} name too many objects without rows:"
                    f" {len(found):,}. Correct the cause of the newest ones, and upload them again"
                )
    return sorted(each for each in found.values() if selection.allows(each))


def rejects_of(s3: Any, bucket: str, found: RejectedObject) -> Iterator[Reject]:
    """Yield the rejected rows of an object; for a refused object, its reason."""
    if not found.directory:
        yield _without_row(found, found.reason)
        return
    keys = [item["Key"] for item in listing(s3, bucket, found.directory)]
    parts = [Stored(bucket, key) for key in keys if key.endswith(PART)]
    for stored in parts:
        for line in bounded.lines(stored, stored.open(s3), most=math.inf, unpacked=math.inf):
            with stored.parsing():
                reject = _reject(found, line)
            yield reject
    if not parts:
        where = Stored(bucket, found.directory)
        yield _without_row(found, f"{found.reason} (the rejected rows are no longer in {where})")


def _entry(record: Mapping[str, Any], run: str) -> RejectedObject:
    directory = str(record.get("rejected_directory") or "")
    if directory and not directory.startswith(REJECTED):
        raise ValueError(directory)
    return RejectedObject(
        str(record["key"]),
        str(record.get("table") or ""),
        count(record["read"]),
        count(record["rejected"]),
        str(record["reason"] or ""),
        directory,
        run,
    )


def _reject(found: RejectedObject, line: Mapping[str, Any]) -> Reject:
    record, column = line["record"], line["column"]
    return Reject(
        found.table,
        found.key,
        None if record is None else int(record),
        None if column is None else str(column),
        str(line["reason"]),
        str(line["raw"]),
        str(line["run"]),
    )


def _without_row(found: RejectedObject, reason: str) -> Reject:
    return Reject(found.table, found.key, None, None, reason, None, found.run)
