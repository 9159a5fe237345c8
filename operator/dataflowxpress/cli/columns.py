"""Columns: the command that shows, proposes and takes back the columns of tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from . import columns_view as view
from .completion import of_pipeline
from .failures import Failure, reported_errors
from .proposal.sample import is_sample
from .recorded import Recorded, recorded
from .target import Context, File, Namespace, target
from .terminal import Output, document, show, write

if TYPE_CHECKING:
    from dataflowxpress.dataplane.catalog_tables import CatalogTable


def columns(  # noqa: PLR0913, PLR0917 - options of a command
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|SAMPLE",
            help="Name of a DataPipeline in the cluster, or a sample: a file or s3://BUCKET/KEY.",
            autocompletion=of_pipeline,
        ),
    ] = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    format_: Annotated[
        str,
        typer.Option("--format", help="Format of the sample: csv, json, parquet, avro, orc, xml."),
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Encoding of the sample, for example windows-1252.")
    ] = "",
    table: Annotated[str, typer.Option(help="Only this table.")] = "",
    forget: Annotated[
        str, typer.Option(metavar="COLUMN", help="Take back a column that a wrong file added.")
    ] = "",
    output: Annotated[
        Output, typer.Option("--output", "-o", help="For people or programs.")
    ] = Output.text,
    *,
    with_values: Annotated[
        bool, typer.Option("--with-values", help="Forget the column even if it has values.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show the columns of a pipeline, propose columns from a sample, or take a column back.

    For a sample: the fields of `spec.source` in YAML, to paste and to review. The command reads the
    sample with the job's own code. Add the options of a manifest with `-f`.

    For a pipeline: the type of each column, where it comes from, and when and why it was widened.

    `--forget` removes a column from the crawled table and from the Parquet table. Later runs refuse
    objects that have it, until you declare the column. If objects have values in it, the command
    names them, and needs `--with-values`: their rows leave the table with the next run.

    Examples:
    - `dataflowxpress columns orders.csv`
    - `dataflowxpress columns s3://uploads/2026/orders.json.gz -o json`
    - `dataflowxpress columns orders -n data`
    - `dataflowxpress columns orders --forget 'id;name;total'`

    """
    from dataflowxpress.dataplane.column_history import column_history
    from dataflowxpress.dataplane.forgetting import forgotten

    with reported_errors():
        if is_sample(name):
            _propose(name, file, namespace, format_, encoding, output)
            return
        pipeline = recorded(target(name, file, namespace, context))
        tables = _tables(pipeline, table)
        if forget:
            from .columns_forget import forget_column

            forget_column(pipeline, tables, forget, with_values=with_values, yes=yes)
            return
        s3 = pipeline.connection.client("s3")
        orders, history = forgotten(s3, pipeline.bucket), column_history(s3, pipeline.bucket)
    _print(
        [
            (each, view.columns_of(each, pipeline.spec, orders.get(each.name, set()), history))
            for each in tables
        ],
        output,
    )


def _propose(  # noqa: PLR0913, PLR0917 - options of the command
    name: str, file: Path | None, namespace: str, format_: str, encoding: str, output: Output
) -> None:
    from .proposal import library
    from .proposal.sample import opened

    library.load()
    from .proposal.document import as_json, as_yaml
    from .proposal.options import given
    from .proposal.propose import propose

    with opened(name) as sample:
        found = propose(sample, given(file, namespace, format_, encoding))
    if output is Output.json:
        write([document(as_json(found), output)])
    else:
        write(as_yaml(found))


def _tables(pipeline: Recorded, name: str) -> list[CatalogTable]:
    """Return the tables of a pipeline, or the one with a name."""
    from dataflowxpress.aws.resources import Database
    from dataflowxpress.dataplane.catalog_tables import PARQUET, catalog_tables
    from dataflowxpress.planning.resource import only

    glue, database = pipeline.connection.client("glue"), only(pipeline.wanted, Database).name
    owner = pipeline.connection.scope.owner
    found = catalog_tables(glue, database, pipeline.bucket, owner, pipeline.spec)
    if not found:
        raise Failure(
            f"the database {database} has no tables of this pipeline",
            "upload a file first",
            page="docs/first-pipeline.md",
        )
    chosen = [each for each in found if name in {"", each.name, f"{each.name}{PARQUET}"}]
    if not chosen:
        names = ", ".join(each.name for each in found)
        raise Failure(f"the pipeline has no table {name}", f"give --table one of {names}")
    return chosen


def _print(tables: list[tuple[CatalogTable, list[view.ColumnOrigin]]], output: Output) -> None:
    if output is Output.text:
        for table, columns_ in tables:
            show(Console(highlight=False), view.shown(table, columns_))
        return
    rows = [each.as_json() for _, columns_ in tables for each in columns_]
    write([document(rows, output)])
