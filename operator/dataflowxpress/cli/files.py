"""Files: the command that shows the current Parquet files of a pipeline."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from .failures import Failure, reported_errors
from .recorded import recorded
from .target import Context, File, Name, Namespace, target
from .terminal import show, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflowxpress.dataplane.batches import Batches
    from dataflowxpress.dataplane.table_storage import TableStorage


class Format(StrEnum):
    """The format of the files."""

    text = "text"
    json = "json"
    urls = "urls"


def files(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    table: Annotated[str, typer.Option(help="Only the files of this table.")] = "",
    output: Annotated[
        Format, typer.Option("--output", "-o", help="A summary, or each file.")
    ] = Format.text,
) -> None:
    """Show how many Parquet files each table has, or each of their URLs.

    Files that other ones have replaced stay for a while, and readers by path see both. This command
    shows exactly the current files.

    The command reads the pipeline's bucket with the AWS credentials of the current environment.

    Examples:
    - `dataflowxpress files orders -n data`
    - `dataflowxpress files orders -n data -o urls`
    - `dataflowxpress files -f pipeline.yaml --table csv_data -o json`

    """
    from dataflowxpress.dataplane.batches import Batches

    with reported_errors():
        pipeline = recorded(target(name, file, namespace, context))
        if pipeline.spec.target.format == "Iceberg":
            raise Failure(
                "the rows are in Iceberg tables, and only their metadata names the current files:"
                ' query "<table>_iceberg$files" in Athena'
            )
        found = Batches.load(pipeline.connection.client("s3"), pipeline.bucket)
        if output is Format.text:
            tables = [each for each in found.tables() if table in {"", each.table}]
            show(Console(highlight=False), _lines(tables))
        else:
            write(_for_programs(found, pipeline.bucket, table, output))


def _lines(tables: list[TableStorage]) -> Iterator[str]:
    from dataflowxpress.api.timestamps import format_time
    from dataflowxpress.reporting.text import batches, mebibytes, pluralize, visible

    if not tables:
        yield "no files yet"
    for each in tables:
        files_in = f"{pluralize(each.files, 'file')} in {batches(each.batches)}"
        sums = f"{pluralize(each.rows, 'row')}, {mebibytes(each.size)}, {files_in}"
        yield f"{visible(each.table)}: {sums}"
        if each.warning:
            yield f"  {visible(each.warning)}"
        if each.replaced:
            yield f"  replaced files stay since {format_time(each.replaced)}, for their readers"


def _for_programs(found: Batches, bucket: str, table: str, output: Format) -> Iterator[str]:
    urls = [(f"s3://{bucket}/{each.key}", each.size, each.rows) for each in found.files(table)]
    if output is Format.urls:
        yield from (f"{url}\n" for url, _, _ in urls)
        return
    listed = [{"url": url, "size": size, "rows": rows} for url, size, rows in urls]
    yield f"{json.dumps(listed, indent=2)}\n"
