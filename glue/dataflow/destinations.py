"""Destinations: the batch for the rows of each object.

An object stays in its batch. New objects go to the open batch of their table, and many or large
ones into batches of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dataflow.batches import new_name, open_batch
from dataflow.layout import target_of
from dataflow.task_pool import TASK_BYTES, cost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dataflow.batches import Batch
    from dataflow.manifest_log import ManifestLog
    from dataflow.options import Options
    from dataflow.tables import Table
    from dataflow.task import Work


def with_destinations(works: Iterable[Work], log: ManifestLog, options: Options) -> list[Work]:
    """Return *works* with the batch of each."""
    current, number = log.current_batches(), log.number + 1
    placed: list[Work] = []
    new: dict[str, list[Work]] = {}
    for work in works:
        batch = log.batches.get(work.batch) or current.get(work.object.key)
        if batch and batch.table == work.table.name and _fits(batch, work.table, options):
            placed.append(replace(work, batch=batch.name, is_new=False))
        else:
            new.setdefault(work.table.name, []).append(work)
    for members in new.values():
        table = members[0].table
        target = target_of(table, options)
        found = open_batch(log.batches, table.name, target, options.partitions)
        opened = found.name if found else new_name(number)
        for part in _parts(members):
            is_large = sum(map(cost, part)) >= TASK_BYTES // 2
            name = new_name(number) if is_large else opened
            placed += [replace(work, batch=name) for work in part]
    return placed


def _fits(batch: Batch, table: Table, options: Options) -> bool:
    return batch.has_layout(target_of(table, options), options.partitions)


def _parts(works: Iterable[Work]) -> Iterator[list[Work]]:
    """Yield objects in parts that make a batch; the last part can be smaller."""
    part: list[Work] = []
    size = 0
    for work in works:
        if cost(work) >= TASK_BYTES // 2:
            yield [work]
            continue
        part.append(work)
        size += cost(work)
        if size >= TASK_BYTES:
            yield part
            part, size = [], 0
    yield part
