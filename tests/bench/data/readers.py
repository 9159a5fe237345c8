"""Readers: DuckDB over the files of a result, and over the same rows in one file per object."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.glue.conftest import Pipeline

from .sources import expect

REPEATS = 3
QUERY = "SELECT day, count(*), sum(n), max(name) FROM {} GROUP BY day"


def downloaded(pipeline: Pipeline, keys: Iterable[str]) -> Path:
    """Download Parquet files to a folder."""
    folder = Path(tempfile.mkdtemp(dir=pipeline.folder))

    def download(numbered: tuple[int, str]) -> None:
        number, key = numbered
        pipeline.s3.download_file(pipeline.name, key, str(folder / f"{number}.parquet"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(download, enumerate(keys)))
    return folder


def seconds(folder: Path, rows: int) -> float:
    """Return the seconds of a query over all files, the fastest of three.

    Raises SystemExit if the files do not have this number of rows.
    """
    found = []
    for _ in range(REPEATS):
        began = time.monotonic()
        groups = duckdb.sql(QUERY.format(_files(folder))).fetchall()
        found.append(time.monotonic() - began)
        expect(sum(group[1] for group in groups), rows)
    return min(found)


def one_file_per_object(folder: Path) -> Path:
    """Write the rows of each object to a file of its own, as before objects shared files."""
    target = Path(tempfile.mkdtemp(dir=folder.parent))
    query = f"SELECT * FROM {_files(folder)} ORDER BY dfx_object"  # noqa: S608 - our own folder
    table = duckdb.sql(query).to_arrow_table()
    start = 0
    for number, counted in enumerate(pc.value_counts(table["dfx_object"])):
        rows = counted["counts"].as_py()
        pq.write_table(table.slice(start, rows), target / f"{number}.parquet")
        start += rows
    return target


def _files(folder: Path) -> str:
    return f"read_parquet('{folder}/*.parquet', union_by_name = true)"
