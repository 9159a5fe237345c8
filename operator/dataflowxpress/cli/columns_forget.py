"""Columns forget: takes a column back that a wrong file added to the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dataflowxpress.reporting.text import visible

from .failures import Failure
from .terminal import confirm, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflowxpress.dataplane.catalog_tables import CatalogTable

    from .recorded import Recorded

NAMED = 10  # objects
PAGE = "docs/own-columns.md"
console = Console(highlight=False, soft_wrap=True)


def forget_column(
    pipeline: Recorded,
    tables: Sequence[CatalogTable],
    column: str,
    *,
    with_values: bool,
    yes: bool,
) -> None:
    """Take *column* back from one table; raises Failure if that would lose what a user wants."""
    from dataflowxpress.dataplane import forgetting

    table = _table(tables, column)
    _check(pipeline, table, column)
    s3 = pipeline.connection.client("s3")
    keys = _objects_with(pipeline, table, column)
    if keys and not with_values:
        raise Failure(
            f"column {column} of {table.name} has values, from {_named(keys)}",
            "move what you need into a corrected upload, then add --with-values; or declare the"
            " column to keep it",
            why="with --with-values, the next run refuses these objects, and their rows leave the"
            " table",
            page=PAGE,
        )
    show(console, _effects(table, column, keys))
    confirm(console, f"Forget column {visible(column)} of {table.name}?", yes=yes)
    # Last comes what makes a repeated command find the column no more.
    forgetting.write_order(s3, pipeline.bucket, table.name, column)
    forgetting.request_again(s3, pipeline.bucket, keys)
    _trigger(pipeline)
    _remove(pipeline, table, column)
    show(console, [Text("The column is forgotten. A run is requested.")])


def _table(tables: Sequence[CatalogTable], column: str) -> CatalogTable:
    """Return the only table with the column."""
    found = [each for each in tables if column in {**each.written, **each.crawled}]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(each.name for each in found)
        raise Failure(
            f"several tables have a column {column}", f"add --table with one of {names}", page=PAGE
        )
    known = ", ".join(each.name for each in tables)
    raise Failure(
        f"no column {column} in {known}",
        "correct the name: the command without --forget lists all columns",
        page=PAGE,
    )


def _check(pipeline: Recorded, table: CatalogTable, column: str) -> None:
    spec = pipeline.spec
    if spec.target.format == "Iceberg":
        raise Failure(
            "--forget works on Parquet tables only. Upload the objects again without column"
            f" {column}, then drop it from the Iceberg table with ALTER TABLE"
        )
    if column in {each.name for each in spec.source.columns}:
        raise Failure(
            f"column {column} is declared", "remove it from spec.source.columns first", page=PAGE
        )
    if column in spec.target.partition_by:
        raise Failure(
            f"column {column} is a partition",
            "remove it from spec.target.partitionBy first",
            page=PAGE,
        )
    if column in table.folders:
        raise Failure(
            f"column {column} has its values in the folders of the keys, not in files",
            "move the objects to other folders",
            page=PAGE,
        )
    if not {*table.written, *table.crawled} - {column}:
        raise Failure(
            f"column {column} is the only one of {table.name}",
            "delete the table from the catalog",
            page=PAGE,
        )


def _objects_with(pipeline: Recorded, table: CatalogTable, column: str) -> list[str]:
    from dataflowxpress.dataplane.forgetting import objects_with

    if column not in table.written:
        return []
    try:
        return objects_with(pipeline.connection.client("s3"), pipeline.bucket, table.name, column)
    except ImportError as error:
        raise Failure(
            f"`--forget` needs {error.name} to read Parquet",
            "pip install 'dataflowxpress[columns]'",
        ) from error


def _effects(table: CatalogTable, column: str, keys: Sequence[str]) -> list[Text]:
    lines = [
        f"Column {column} leaves the tables of {table.name}. The job refuses objects that have it.",
    ]
    if keys:
        lines.append(f"Refused, with all of their rows: {_named(keys)}.")
    return [Text(visible(line)) for line in lines]


def _named(keys: Sequence[str]) -> str:
    from dataflowxpress.reporting.text import pluralize

    more = len(keys) - NAMED
    others = f" and {pluralize(more, 'more object')}" if more > 0 else ""
    return f"{', '.join(map(visible, keys[:NAMED]))}{others}"


def _remove(pipeline: Recorded, table: CatalogTable, column: str) -> None:
    """Remove the column from all definitions of the table."""
    from botocore.exceptions import ClientError

    from dataflowxpress.aws.resources import Database
    from dataflowxpress.dataplane.catalog_tables import without
    from dataflowxpress.planning.resource import only

    glue, database = pipeline.connection.client("glue"), only(pipeline.wanted, Database).name
    for definition in table.definitions:
        try:
            without(glue, database, definition, column)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConcurrentModificationException":
                raise
            raise Failure(
                f"table {definition['Name']} changed meanwhile",
                "repeat the command when it has ended",
                why="a crawl or a run is active",
                page=PAGE,
            ) from error


def _trigger(pipeline: Recorded) -> None:
    from dataflowxpress import dataplane

    handler = dataplane.RequestHandler(pipeline.connection.client, pipeline.spec, pipeline.wanted)
    handler.trigger(dataplane.RecoveryAction.RUN)
