"""Merging: which files of a batch become one, so that neither many small files nor writes add up.

Eight files of about one size become one of the next size, as in a log-structured merge tree. So a
row is written about once for each size up to that of a full batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataflow.batches import FULL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflow.batches import DataFile

FAN_OUT = 8  # files of one size
SMALLEST = 64 * 1024  # bytes; smaller files count as files of this size


def merges(files: Sequence[DataFile]) -> list[list[DataFile]]:
    """Return the groups of a batch's files to merge; the files of a group share a folder.

    The small files of a full batch are all merged, because it gets no further ones.
    """
    is_full = sum(each.size for each in files) >= FULL
    groups: dict[tuple[str, int], list[DataFile]] = {}
    for each in files:
        if each.size < FULL:
            groups.setdefault((each.folder, 0 if is_full else _tier(each)), []).append(each)
    fewest = 2 if is_full else FAN_OUT
    return [group for group in groups.values() if len(group) >= fewest]


def _tier(file: DataFile) -> int:
    tier, limit = 0, SMALLEST * FAN_OUT
    while file.size >= limit:
        tier, limit = tier + 1, limit * FAN_OUT
    return tier
