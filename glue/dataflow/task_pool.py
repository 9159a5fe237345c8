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

    from pyspark import SparkContext

    from dataflow.task import Job, Outcome, Work

TASK_BYTES = 64 * 1024 * 1024  # of source objects, about, in one task
OBJECT_BYTES = 64 * 1024  # what opening an object costs, in bytes that are read meanwhile


class ProcessLost(Exception):
    """A process ended while it converted objects."""


class TaskPool:
    """Converts objects in several processes."""

    def __init__(self, spark_bytes: int) -> None:
        self._spark_bytes = spark_bytes  # of all objects, from which on Spark converts them
        self._spark: SparkContext | None = None

    def run(self, job: Job, works: Sequence[Work]) -> list[Outcome]:
        """Return the outcome of each object; raises ProcessLost if a process ends."""
        if self._spark or sum(map(_cost, works)) >= self._spark_bytes:
            return self._on_spark(job, works)
        return _on_driver(job, works)

    def _on_spark(self, job: Job, works: Sequence[Work]) -> list[Outcome]:
        from py4j.protocol import Py4JJavaError
        from pyspark import SparkContext

        if not self._spark:
            self._spark = SparkContext.getOrCreate()
        tasks = divided(works, self._spark.defaultParallelism)
        spread = self._spark.parallelize(tasks, len(tasks))
        try:
            outcomes: list[Outcome] = spread.flatMap(lambda task: convert(job, task)).collect()
        except Py4JJavaError as error:
            if "PythonException" in str(error):  # raised by a task whose process goes on
                raise
            raise ProcessLost(str(error)) from error
        return outcomes


def _on_driver(job: Job, works: Sequence[Work]) -> list[Outcome]:
    tasks = divided(works, os.cpu_count() or 1)
    # A process that is forked has the modules already, and Spark's threads do not exist yet.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(len(tasks), mp_context=context) as pool:
        started = [pool.submit(_converted, job, task) for task in tasks]
        try:
            return [outcome for each in started for outcome in each.result()]
        except BrokenProcessPool as error:
            raise ProcessLost(str(error)) from error


def _converted(job: Job, works: list[Work]) -> list[Outcome]:
    return list(convert(job, works))


def divided(works: Sequence[Work], slots: int) -> list[list[Work]]:
    """Return the objects in tasks of about the same size, the largest first."""
    count = min(len(works), max(slots, -(-sum(map(_cost, works)) // TASK_BYTES)))
    tasks: list[list[Work]] = [[] for _ in range(count)]
    loads = [0] * count
    for work in sorted(works, key=_cost, reverse=True):
        least = loads.index(min(loads))
        loads[least] += _cost(work)
        tasks[least].append(work)
    return tasks


def _cost(work: Work) -> int:
    return work.object.size + OBJECT_BYTES
