"""Figures: what the demo claims, each beside what it was checked against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from rich.console import Console
from rich.table import Table


class Figure(NamedTuple):
    """A claim, what was found, and what it has to be."""

    what: str
    found: Any
    expected: Any

    @property
    def holds(self) -> bool:
        """Whether it was found as expected."""
        return bool(self.found == self.expected)


def show(console: Console, title: str, figures: Sequence[Figure]) -> bool:
    """Print the figures as a table; return whether all of them hold."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for column, justify in (
        ("", "left"),
        ("what", "left"),
        ("found", "left"),
        ("expected", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        mark = "[green]✓[/]" if figure.holds else "[red]✗[/]"
        table.add_row(mark, figure.what, str(figure.found), str(figure.expected))
    console.print(table)
    return all(figure.holds for figure in figures)


def fetch(s3: Any, bucket: str, prefix: str, directory: Path) -> Path:
    """Copy all objects under *prefix* to *directory*, keys as paths; return where they are."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            if not item["Key"].endswith("/"):
                target = directory / item["Key"]
                target.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, item["Key"], str(target))
    return directory / prefix


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database in which each folder of Parquet in *folder* is a table of its name."""
    connection = duckdb.connect()
    for table in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = connection.read_parquet(
            f"{table}/**/*.parquet", hive_partitioning=True, union_by_name=True
        )
        files.create_view(table.name)
    return connection
