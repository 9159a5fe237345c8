"""Workloads: what the packaged script and plain Spark convert, and what is measured of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.glue.conftest import Pipeline

from . import plain, readers, runs, sources
from .measuring import Cost, Meter
from .report import OLD, OURS, PLAIN, Row
from .sources import COLUMNS, ROWS, expect, succeeded


class Bench:
    """The workloads, on an AWS emulator that logs its requests."""

    def __init__(self, aws: RunningAws, scratch: Path) -> None:
        self.aws, self.scratch, self.meter = aws, scratch, Meter(aws)

    def small(self, objects: int) -> Iterator[Row]:
        """Convert small objects in one run; then run without work."""
        pipeline = self._pipeline()
        sources.put_small(pipeline, (f"{n:06d}" for n in range(objects)))
        work = "1 object" if objects == 1 else f"{objects:,} objects"
        yield from self._compare(work, pipeline, objects * ROWS)
        if objects > 1:
            yield Row(f"a run without work, after {work}", OURS, self._run(pipeline))

    def large(self, megabytes: int, compiler: str) -> Iterator[Row]:
        """Convert one object, whose last text has two lines."""
        pipeline = self._pipeline()
        rows = sources.put_large(pipeline, megabytes)
        yield from self._compare(f"1 object of {megabytes:,} MB ({compiler})", pipeline, rows)

    def tables(self, tables: int) -> Iterator[Row]:
        """Convert two small objects of each of many tables in one run."""
        pipeline = self._pipeline(tables="PerFolder")
        names = [f"t{number:03d}" for number in range(tables)]
        for name in names:
            pipeline.table(name, f"csv_data/{name}/", COLUMNS)
        sources.put_small(pipeline, (f"{name}/{part}" for name in names for part in "ab"))
        work = f"{tables} tables, 2 objects each"
        yield from self._compare(work, pipeline, tables * 2 * ROWS, [f"{name}/" for name in names])

    def replaced(self, objects: int, replaced: int) -> Iterator[Row]:
        """Convert small objects, then a part of them with new content."""
        pipeline = self._pipeline()
        sources.put_small(pipeline, (f"{n:06d}" for n in range(objects)))
        self._run(pipeline)
        sources.put_small(pipeline, (f"{n:06d}" for n in range(replaced)), 1)
        yield from self._compare(
            f"{replaced} of {objects:,} objects replaced", pipeline, objects * ROWS
        )

    def runs(self, count: int, objects: int) -> Iterator[Row]:
        """Convert new objects in the last of many runs; plain Spark converts only these."""
        pipeline = self._pipeline()
        runs.repeat(pipeline, count - 1, objects)
        sources.put_small(pipeline, (f"new/{n}" for n in range(objects)))
        work = f"run {count:,} of {objects} objects each"
        yield from self._compare(work, pipeline, count * objects * ROWS, ["new/"])

    def wide(self, columns: int) -> Iterator[Row]:
        """Convert an object with one row of many columns."""
        pipeline = self._pipeline()
        described, work = sources.put_wide(pipeline, columns), f"1 row of {columns:,} columns"
        yield Row(work, OURS, self._run(pipeline))
        [entry] = pipeline.entries().values()
        expect((entry["rows"], entry["rejected"]), (1, 0))
        yield Row(work, PLAIN, self._plain(pipeline, columns=described))

    def _pipeline(self, **arguments: str) -> Pipeline:
        """Return a pipeline whose first run has started the JVM that later runs use."""
        pipeline = sources.pipeline(self.aws, self.scratch, **arguments)
        succeeded(pipeline.run())
        return pipeline

    def _compare(
        self, work: str, pipeline: Pipeline, rows: int, parts: Sequence[str] = ("",)
    ) -> Iterator[Row]:
        """Convert with the packaged script, then with plain Spark, and query all results."""
        cost = self._run(pipeline)
        expect(sum(entry["rejected"] for entry in pipeline.entries().values()), 0)
        places = _partitions(pipeline)
        keys = [key for place in places for key in pipeline.keys(place)]
        folder = readers.downloaded(pipeline, keys)
        yield Row(work, OURS, cost, len(keys), len(places), readers.seconds(folder, rows))
        yield self._of_plain_spark(work, pipeline, rows, parts)
        if (objects := len(pipeline.entries())) > 1:
            old = readers.one_file_per_object(folder)
            yield Row(work, OLD, None, objects, objects, readers.seconds(old, rows))
        shutil.rmtree(pipeline.folder)

    def _of_plain_spark(
        self, work: str, pipeline: Pipeline, rows: int, parts: Sequence[str]
    ) -> Row:
        cost, keys = self._plain(pipeline, parts), plain.files(pipeline)
        if parts == ["new/"]:  # only a part of the rows
            return Row(work, PLAIN, cost, len(keys))
        folder = readers.downloaded(pipeline, keys)
        return Row(work, PLAIN, cost, len(keys), None, readers.seconds(folder, rows))

    def _run(self, pipeline: Pipeline) -> Cost:
        with self.meter.job() as cost:
            succeeded(pipeline.run())
        return cost

    def _plain(
        self, pipeline: Pipeline, parts: Sequence[str] = ("",), columns: str = COLUMNS
    ) -> Cost:
        with self.meter.job() as cost:
            plain.convert(pipeline, parts, columns)
        return cost


def _partitions(pipeline: Pipeline) -> list[str]:
    """Return the prefixes of all partitions that the catalog shows."""
    names = [table["Name"] for table in pipeline.tables() if table["Name"].endswith("_parquet")]
    start = f"s3://{pipeline.name}/"
    return [place.removeprefix(start) for name in names for place in pipeline.shown(name).values()]
