"""Manifest pages: the entries of all objects, from the newest snapshot and the later manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from . import bounded
from .bounded import Stored
from .manifest_log import SNAPSHOTS
from .manifest_reads import manifests, newest, read_all


class Page(NamedTuple):
    """The content of a snapshot or a manifest; nothing in it was checked."""

    stored: Stored
    head: Mapping[str, Any]  # a manifest, or the first line of a snapshot
    entries: Iterable[Mapping[str, Any]]  # of objects; to be read before the next page

    @property
    def run(self) -> str:
        """The run that wrote the entries; empty for a snapshot, which combines many runs."""
        return str(self.head.get("run", ""))


def pages(s3: Any, bucket: str, *, every: bool = False) -> Iterator[Page]:
    """Yield the pages of a bucket, oldest first: the last entry of a key is the current one.

    With *every*, all manifests are read, and no snapshot. Raises Refused for a malformed page.
    """
    number = 0
    if not every and (snapshot := newest(s3, bucket, SNAPSHOTS)):
        stored = Stored(bucket, snapshot)
        lines = bounded.lines(stored, stored.open(s3))
        with stored.parsing():
            head = dict(next(lines, {}))
            number = bounded.count(head["number"])
        yield Page(stored, head, lines)
    for ref, manifest in read_all(s3, bucket, manifests(s3, bucket, number)):
        stored = Stored(bucket, ref.key)
        with stored.parsing():
            entries = list(manifest["objects"])
        yield Page(stored, manifest, entries)
