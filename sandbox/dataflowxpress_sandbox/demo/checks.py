"""Checks: the figures of the demo, each with the value that follows from the uploaded files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dataflowxpress.api.status import Status

from .figures import Figure
from .files import File

DATABASE = "demoglue"
TABLE = "csv_data"  # all that lies under one prefix is one table


def rows(database: Any, files: Sequence[File]) -> list[Figure]:
    """Count the rows of each data set by its first column, which no other one has."""
    found = []
    for folder in sorted({file.folder for file in files}):
        parts = [file for file in files if file.folder == folder]
        sql = f"SELECT count({parts[0].rows[0][0]}) FROM {TABLE}"  # noqa: S608 - our own files
        counted = database.sql(sql).fetchall()[0][0]
        rows = sum(len(file.rows) - 1 for file in parts)
        found.append(Figure(f"rows of {folder} in Parquet, as in the CSV", counted, rows))
    return found


def texts(database: Any, uploaded: Sequence[File]) -> Figure:
    """Compare the text that is hard to read and write, value by value."""
    notes = next(file for file in uploaded if file.folder == "notes")
    expected = [(place, note or None, int(visitors)) for place, note, visitors in notes.rows[1:]]
    found = database.sql(
        "SELECT place, note, visitors FROM csv_data WHERE place IS NOT NULL"
    ).fetchall()
    same = len(set(found) & set(expected))
    return Figure("texts with quotes, commas, newlines, UTF-8, as uploaded", same, len(expected))


def of_status(status: Status, files: Sequence[File]) -> list[Figure]:
    """Compare the figures and conditions of the status."""
    rows = sum(len(file.rows) - 1 for file in files)
    data = status.data
    return [
        Figure("objects converted, by the status", data and data.objects, len(files)),
        Figure("rows, by the status", data and data.rows, rows),
        Figure("rows rejected", data and data.rejected, 0),
        Figure("objects waiting", data and data.waiting, 0),
        Figure("dead letters", data and data.dead_letters, 0),
        Figure("condition Ready", state(status, "Ready"), "True"),
        Figure("condition Drifted", state(status, "Drifted"), "False"),
    ]


def tables(glue: Any) -> list[Figure]:
    """Compare the tables in the catalog."""
    found = glue.get_tables(DatabaseName=DATABASE)["TableList"]
    names, expected = {table["Name"] for table in found}, {TABLE, f"{TABLE}_parquet"}
    missing, others = ", ".join(expected - names), ", ".join(names - expected)
    return [
        Figure("tables missing in the catalog", missing or "none", "none"),
        Figure("other tables in the catalog", others or "none", "none"),
    ]


def state(status: Status, condition: str) -> str:
    """Return the state of a condition."""
    found = status[condition]
    return found.status if found else "Unknown"
