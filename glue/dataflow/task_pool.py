"""Task pool: the processes that convert objects, on the driver for little work, else on Spark.

Spark takes seconds to start its executors, and a run is billed by the second.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from dataflow.task import convert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflow.spark import Spark
    from dataflow.task import Job, Outcome, Work
    from dataflow.writing.packed_rows import Written

TASK_BYTES = 256 * 1024 * 1024  # of source objects, about, in one task
LEAST_BYTES = 8 * 1024 * 1024  # of a task that is not the only one: each task writes a file
OBJECT_BYTES = 64 * 1024  # what opening an object costs, in bytes that are read meanwhile


class ProcessLost(Exception):
    """A process ended while it converted objects."""


class TaskPool:
    """Converts objects in several processes."""

    def __init__(self, spark_bytes: int, spark: Spark) -> None:
        self._spark_bytes = spark_bytes  # of all objects, from which on Spark converts them
        self._spark = spark

    def run(self, job: Job, works: Sequence[Work]) -> list[Outcome | Written]:
        """Return the outcomes and all files; raises ProcessLost if a process ends."""
        if self._spark.is_started or sum(map(cost, works)) >= self._spark_bytes:
            return self._on_spark(job, works)
        return _on_driver(job, works)

    def _on_spark(self, job: Job, works: Sequence[Work]) -> list[Outcome | Written]:
        from py4j.protocol import Py4JJavaError

        context = self._spark.context
        tasks = divided(works, context.defaultParallelism)
        spread = context.parallelize(tasks, len(tasks))
        try:
            outcomes: list[Outcome | Written] = spread.flatMap(
                lambda task: convert(job, task)
            ).collect()
        except Py4JJavaError as error:
            if "PythonException" in str(error):  # raised by a task whose process goes on
                raise
            raise ProcessLost(str(error)) from error
        return outcomes


def _on_driver(job: Job, works: Sequence[Work]) -> list[Outcome | Written]:
    tasks = divided(works, os.cpu_count() or 1)
    # A process that is forked has the modules already, and Spark's threads do not exist yet.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(len(tasks), mp_context=context) as pool:
        started = [pool.submit(_converted, job, task) for task in tasks]
        try:
            return [outcome for each in started for outcome in each.result()]
        except BrokenProcessPool as error:
            raise ProcessLost(str(error)) from error


def _converted(job: Job, works: list[Work]) -> list[Outcome | Written]:
    return list(convert(job, works))


def divided(works: Sequence[Work], slots: int) -> list[list[Work]]:
    """Return the objects in tasks of about the same size.

    The objects of a batch follow each other, and are in as few tasks as possible.
    """
    total = sum(map(cost, works))
    count = max(min(slots, -(-total // LEAST_BYTES)), -(-total // TASK_BYTES))
    parts = sorted(_parts(works, total / count), key=_total, reverse=True)
    tasks: list[list[Work]] = [[] for _ in range(min(count, len(parts)))]
    loads = [0] * len(tasks)
    for part in parts:
        least = loads.index(min(loads))
        loads[least] += _total(part)
        tasks[least] += part
    return tasks


def _parts(works: Sequence[Work], size: float) -> list[list[Work]]:
    """Return the objects of each batch in parts of about *size*."""
    parts: dict[tuple[str, str], list[list[Work]]] = {}
    for work in sorted(works, key=cost, reverse=True):
        of_batch = parts.setdefault((work.table.name, work.batch), [[]])
        if of_batch[-1] and _total(of_batch[-1]) + cost(work) > size * 1.1:
            of_batch.append([])
        of_batch[-1].append(work)
    return [part for of_batch in parts.values() for part in of_batch]


def cost(work: Work) -> int:
    """Return about how many bytes a task reads for an object, with what opening it costs."""
    return work.object.size + OBJECT_BYTES


def _total(works: Sequence[Work]) -> int:
    return sum(map(cost, works))
