"""Figures: what the demo claims, each beside what it was checked against."""

from __future__ import annotations

import json
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
    console.print(f"\n{title}", highlight=False, soft_wrap=True)
    table = Table(box=None, header_style="bold")
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
    """Copy all current objects under *prefix* to *directory*, keys as paths; return where they are.

    Files that other ones have replaced stay for a while; the newest manifest names them.
    """
    replaced = _replaced(s3, bucket)
    for key in _keys(s3, bucket, prefix):
        if not key.endswith("/") and not key.startswith(replaced):
            target = directory / key
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, key, str(target))
    return directory / prefix


def _replaced(s3: Any, bucket: str) -> tuple[str, ...]:
    manifests = _keys(s3, bucket, "dataflowxpress/manifests/")
    if not manifests:
        return ()
    newest = json.load(s3.get_object(Bucket=bucket, Key=manifests[-1])["Body"])
    return tuple(newest.get("replaced", ()))


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database in which each folder of Parquet in *folder* is a table of its name."""
    connection = duckdb.connect()
    for table in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = connection.read_parquet(
            f"{table}/**/*.parquet", hive_partitioning=True, union_by_name=True
        )
        files.create_view(table.name)
    return connection
