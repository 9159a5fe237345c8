"""Logs: the command that shows the newest log lines of crawler, job and functions."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from dataflowxpress.reporting.text import visible

from .failures import reported_errors
from .log_lines import seconds
from .log_sources import MOST, TAIL, Part, Window, document_of, events_of, last_run, lines, sources
from .target import Context, File, Name, Namespace, target
from .terminal import Output, document, write


def logs(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    of: Annotated[Part, typer.Option(help="Only the lines of this part.")] = Part.all,
    tail: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST, help="Newest lines of each part.", show_default="20; all with --since"
        ),
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="DURATION", help="Only lines newer than 90s, 10m or 1h30m.")
    ] = "",
    *,
    raw: Annotated[
        bool,
        typer.Option(help="Also repeated warnings of Spark, and Lambda's START, END, REPORT."),
    ] = False,
    output: Annotated[
        Output, typer.Option("--output", "-o", help="For people or programs.")
    ] = Output.text,
) -> None:
    """Show the newest log lines of the crawler, the job's last run and the functions.

    The command reads them from CloudWatch with the AWS credentials of the current environment.

    Examples:
    - `dataflowxpress logs orders -n data`
    - `dataflowxpress logs orders --of job --since 1h`
    - `dataflowxpress logs orders --of functions --tail 200 --raw`

    """
    window = Window(tail or (MOST if since else TAIL), _start(since), raw=raw)
    console = Console(highlight=False, soft_wrap=True)
    with reported_errors():
        chosen = target(name, file, namespace, context)
        connection, wanted = chosen.reconciler().describe(chosen.pipeline)
        found = sources(wanted, last_run(connection.client("glue"), wanted))
        chosen_sources = [source for source in found if of in {Part.all, source.of}]
        client = connection.client("logs")
        if output is not Output.text:
            listed = [
                document_of(source, *events_of(client, source, window)) for source in chosen_sources
            ]
            write([document(listed, output)])
            return
        for source in chosen_sources:
            console.print(Text(f"{source.of} {source.name} ({source.group})", style="bold"))
            for line in lines(client, source, window):
                text = line.expandtabs().split("\n")
                console.print(Text("\n".join(f"  {visible(each)}" for each in text)))


def _start(since: str) -> int:
    """Return the time *since* ago in milliseconds since the epoch; 0 if it is empty."""
    try:
        return round((time.time() - seconds(since)) * 1000) if since else 0
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None
