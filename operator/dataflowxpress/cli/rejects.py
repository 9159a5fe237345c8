"""Rejects: the command that shows and exports rejected rows and refused objects."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from . import rejects_view as view
from .failures import reported_errors
from .recorded import recorded
from .rejects_view import Format
from .target import Context, File, Name, Namespace, target
from .terminal import show, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dataflowxpress.dataplane.rejects import Reject, RejectedObject

SHOWN = 20  # rows for people


def rejects(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    key: Annotated[
        str,
        typer.Option(
            "--object", metavar="KEY", help="Only this object, or a folder that ends with a slash."
        ),
    ] = "",
    table: Annotated[str, typer.Option(help="Only the objects of this table.")] = "",
    run: Annotated[str, typer.Option(help="Only objects that this run converted or refused.")] = "",
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="At most this number of rows.", show_default="20; all with -o"),
    ] = None,
    output: Annotated[
        Format, typer.Option("--output", "-o", help="For people or programs.")
    ] = Format.text,
) -> None:
    """Show rejected rows and refused objects, each with its reason.

    It shows the last conversion of each object: after a corrected upload, its rows disappear here.
    If the spec or the catalog is wrong, and not the object, correct it and convert the object
    again with the annotation `dataflowxpress.io/reprocess`.

    The command reads the pipeline's bucket with the AWS credentials of the current environment.

    Examples:
    - `dataflowxpress rejects orders -n data`
    - `dataflowxpress rejects orders --object csv_data/2026-02.csv --limit 100`
    - `dataflowxpress rejects -f pipeline.yaml -o csv > rejects.csv`

    """
    from dataflowxpress.dataplane.rejects import Selection, rejected_objects

    with reported_errors():
        chosen = target(name, file, namespace, context)
        pipeline = recorded(chosen)
        s3 = pipeline.connection.client("s3")
        found = rejected_objects(s3, pipeline.bucket, Selection(key, table, run))
        rows = _rows(s3, pipeline.bucket, found)
        if output is not Format.text:
            write(view.for_programs(itertools.islice(rows, limit), output))
            return
        console, shown = Console(highlight=False), limit or SHOWN
        show(console, view.for_people(itertools.islice(rows, shown), found))
        show(console, view.totals(found, shown))


def _rows(s3: object, bucket: str, found: Iterable[RejectedObject]) -> Iterator[Reject]:
    from dataflowxpress.dataplane.rejects import rejects_of

    for each in found:
        yield from rejects_of(s3, bucket, each)
