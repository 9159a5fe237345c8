"""Status: the commands that show the state of a pipeline, and its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from . import runs_view
from .failures import FAILED, Failure, reported_errors
from .target import Context, File, Name, Namespace, Target, named, target
from .terminal import Output, columns, document, show, write

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status

As = Annotated[Output, typer.Option("--output", "-o", help="For people or programs.")]
NO_RUNS = "The job has not run yet."


def status(  # noqa: PLR0913 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    output: As = Output.text,
    *,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Also list the resources that are Ready.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Show each change, until Ctrl-C.")
    ] = False,
) -> None:
    """Show conditions, problems, the flow, data and the last runs; problems come first.

    Without NAME, it lists the pipelines of the namespace with state, waiting uploads and age.
    Exits with 1 if a pipeline is not Ready.

    `--watch` follows the pipeline by one watch of the cluster, and makes no call to AWS. With
    `-o json`, it prints each state as one line.

    Examples:
    - `dataflowxpress status -n data`
    - `dataflowxpress status orders -n data`
    - `dataflowxpress status orders --watch`
    - `dataflowxpress status -f pipeline.yaml -o json`

    """
    with reported_errors():
        if watch and file is not None:
            raise Failure(
                "--watch needs a pipeline in a cluster",
                "omit --watch, or name the pipeline in its cluster",
                why="no operator writes the status of a manifest",
            )
        if watch:
            from .status_watch import follow

            raise typer.Exit(follow(name, namespace, context, output, everything=everything))
        if not name and file is None:
            raise typer.Exit(_list(namespace, context, output))
        chosen = target(name, file, namespace, context)
        pipeline, found, options = chosen.pipeline, _found(chosen), named(chosen, file)
        in_cluster = chosen.live is not None
    if output is Output.text:
        from .status_page import Page  # not at the top: completion imports this module

        console = Console(highlight=False)
        page = Page(options, columns(console), everything=everything, in_cluster=in_cluster)
        show(console, page.lines(pipeline, found))
    else:
        write([document(found.as_json(), output)])
    raise typer.Exit(0 if found.holds("Ready") else FAILED)


def runs(
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    output: As = Output.text,
) -> None:
    """Show the last ten runs of the job, the newest first.

    Errors, reasons and the command for rejected rows follow below the table.

    Example: `dataflowxpress runs orders -n data`
    """
    with reported_errors():
        chosen = target(name, file, namespace, context)
        found = _found(chosen)
    if output is not Output.text:
        listed = [run.model_dump(by_alias=True, exclude_none=True) for run in found.runs]
        write([document(listed, output)])
        return
    console, options = Console(highlight=False), named(chosen, file)
    lines = runs_view.runs(found.runs, options, columns(console)) if found.runs else [NO_RUNS]
    show(console, lines)


def _found(chosen: Target) -> Status:
    """Return the status in the cluster; for a manifest, the record with the data as of now."""
    from dataflowxpress.standalone.manifest import Manifest
    from dataflowxpress.standalone.operations import observed_status

    if isinstance(chosen.store, Manifest):
        return observed_status(chosen.store)
    return chosen.status


def _list(namespace: str, context: str, output: Output) -> int:
    """Print the pipelines of a namespace; return the exit code."""
    from dataflowxpress.api.pipeline import Pipeline

    from .live import Live, namespace_of
    from .pipelines import as_documents, listed

    where = namespace or namespace_of(context)
    found = [Pipeline(body) for body in Live(context).pipelines(where)]
    if output is Output.text:
        console = Console(highlight=False)
        show(console, listed(found, where, columns(console)))
    else:
        write([document(as_documents(found), output)])
    return 0 if all(each.status.holds("Ready") for each in found) else FAILED
