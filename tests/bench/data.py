"""Data: cost of a table's files: many tables, replaced objects, many runs. `make bench-data`.

`tests.bench.scale` measures many, large and wide objects, and a long history.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from tests.bench.scale import COLUMNS, HEADER, ROW, Bench, expect, succeeded
from tests.bench.server import logging_aws
from tests.glue.conftest import Pipeline

TABLE = "csv_data_parquet"
ROWS = 10  # of a small object


class DataBench(Bench):
    """Measurements of what runs leave for readers."""

    def tables(self, count: int) -> None:
        """Convert two small objects of each of many tables in one run."""
        pipeline = self.pipeline(tables="PerFolder")
        for number in range(count):
            name = f"t{number:03d}"
            pipeline.table(name, f"csv_data/{name}/", COLUMNS)
            for part in range(2):
                self._put(pipeline, f"{name}/{part}", part)
        with self.cost(self.job) as cost:
            succeeded(pipeline.run())
        print(f"2 objects for each of {count} tables:\n{cost}", flush=True)
        rows = sum(entry["rows"] for entry in pipeline.entries().values())
        expect(rows, count * 2 * ROWS)

    def replaced(self, objects: int, replaced: int) -> None:
        """Convert small objects, then a part of them with new content."""
        pipeline = self.pipeline()
        self._put_all(pipeline, range(objects), 0)
        succeeded(pipeline.run())
        self._put_all(pipeline, range(replaced), 1)
        with self.cost(self.job) as cost:
            succeeded(pipeline.run())
        print(f"{replaced} of {objects} objects replaced:\n{cost}", flush=True)
        self._query(pipeline, objects * ROWS)

    def runs(self, count: int, objects: int) -> None:
        """Convert a few objects in each of many runs."""
        pipeline = self.pipeline()
        for number in range(count):
            self._put_all(pipeline, range(number * objects, (number + 1) * objects), 0)
            with self.cost(self.job) as cost:
                succeeded(pipeline.run())
        print(f"run {count} of {objects} objects:\n{cost}", flush=True)
        self._query(pipeline, count * objects * ROWS)

    def _put_all(self, pipeline: Pipeline, numbers: range, content: int) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda n: self._put(pipeline, f"{n:06d}", content), numbers))

    @staticmethod
    def _put(pipeline: Pipeline, name: str, content: int) -> None:
        lines = "".join(ROW.format(n, f"{name}-{content}") for n in range(ROWS))
        pipeline.put(f"csv_data/{name}.csv", HEADER + lines)

    def _query(self, pipeline: Pipeline, rows: int) -> None:
        """Count with DuckDB over the files that the catalog shows."""
        places = pipeline.shown(TABLE)
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        keys = [
            key
            for place in places.values()
            for key in pipeline.keys(place.removeprefix(f"s3://{pipeline.name}/"))
        ]
        for number, key in enumerate(keys):
            pipeline.s3.download_file(pipeline.name, key, str(folder / f"{number}.parquet"))
        began = time.monotonic()
        [(found,)] = duckdb.sql(
            f"SELECT count(name) FROM read_parquet('{folder}/*.parquet', union_by_name = true)"  # noqa: S608 - our own folder
        ).fetchall()
        seconds = time.monotonic() - began
        expect(found, rows)
        print(
            f"files: {len(keys)}, partitions: {len(places)}; DuckDB counts {found} rows in"
            f" {seconds:.3f} s",
            flush=True,
        )


def main() -> None:
    """Run the selected measurements."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("what", nargs="+", choices=["tables", "replaced", "runs"])
    parser.add_argument("--tables", type=int, default=68)
    parser.add_argument("--objects", type=int, default=1_000)
    parser.add_argument("--replaced", type=int, default=10, help="objects with new content")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--each", type=int, default=10, help="objects of a run")
    asked = parser.parse_args()

    with logging_aws() as (aws, folder):
        bench = DataBench(aws, folder)
        measure: dict[str, Callable[[], None]] = {
            "tables": lambda: bench.tables(asked.tables),
            "replaced": lambda: bench.replaced(asked.objects, asked.replaced),
            "runs": lambda: bench.runs(asked.runs, asked.each),
        }
        for what in asked.what:
            measure[what]()


if __name__ == "__main__":
    main()
