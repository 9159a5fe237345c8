"""Status: the commands that show the state of a pipeline, and its runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from . import status_view as view
from .failures import FAILED, Failure, reported_errors
from .target import Context, File, Name, Namespace, Target, named, target
from .terminal import Output, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflowxpress.api.status import Status

As = Annotated[Output, typer.Option("--output", "-o", help="For people or programs.")]
NEWEST = 3  # runs that `status` shows; `runs` shows all


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
) -> None:
    """Show conditions, problems, data and the last runs; problems come first.

    Without NAME, it lists the pipelines of the namespace with state, waiting uploads and age.
    Exits with 1 if a pipeline is not Ready.

    Examples:
    - `dataflowxpress status -n data`
    - `dataflowxpress status orders -n data`
    - `dataflowxpress status orders --all`
    - `dataflowxpress status -f pipeline.yaml -o json`

    """
    with reported_errors():
        if not name and file is None:
            raise typer.Exit(_list(namespace, context, output))
        chosen = target(name, file, namespace, context)
        found = _found(chosen)
        options = named(chosen, file)
        notes = [*_comparison(chosen, found, options)]
    if output is Output.json:
        typer.echo(json.dumps(found.as_json(), indent=2))
    else:
        if len(found.runs) > NEWEST:
            notes.append(Text(f"The newest {NEWEST} runs; for all: dataflowxpress runs {options}"))
        _show(chosen, found, notes, options, everything=everything)
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
    if output is Output.json:
        listed = [run.model_dump(by_alias=True, exclude_none=True) for run in found.runs]
        typer.echo(json.dumps(listed, indent=2))
        return
    lines = (
        view.runs(found.runs, named(chosen, file)) if found.runs else ["The job has not run yet."]
    )
    show(Console(highlight=False), lines)


def _found(chosen: Target) -> Status:
    """Return the status in the cluster; for a manifest, the record with the data as of now."""
    if chosen.live is not None:
        return chosen.status
    if not chosen.status.resources:
        raise Failure(
            f"{chosen.namespace}/{chosen.name} has no record: it was not applied from a manifest."
            " See what an apply would create with plan, or name the pipeline in its cluster."
        )
    report = chosen.reconciler().poll(chosen.namespace, chosen.name)
    return report.status if report else chosen.status


def _comparison(chosen: Target, found: Status, options: str) -> Iterator[Text]:
    """Yield when AWS was last compared with the spec, how often, and the command for now."""
    yield view.compared(found, view.now())
    if chosen.live is None:
        yield Text(f"No operator compares a manifest. Compare now: dataflowxpress plan {options}")
        return
    if chosen.pipeline.paused:
        yield Text(f"No comparison while paused. Go on: dataflowxpress resume {options}")
        return
    from dataflowxpress.api.errors import InvalidSpec

    try:
        interval = chosen.pipeline.spec.resync_interval
    except InvalidSpec:
        return  # the condition Ready names the field
    again = f"dataflowxpress apply {options}"
    yield Text(f"The operator looks for drift every {interval}. Compare now: {again}")


def _show(
    chosen: Target, found: Status, notes: list[Text], options: str, *, everything: bool
) -> None:
    console, name = Console(highlight=False), f"{chosen.namespace}/{chosen.name}"
    show(console, [Text(name, style="bold"), *view.conditions(found), *view.problems(found)])
    if everything:
        console.print(view.tree(name, found), soft_wrap=not console.is_terminal)
    more = "" if everything else "; --all lists them"
    show(console, [view.summary(found).append(more), view.data(found), *notes])
    show(console, view.runs(found.runs[:NEWEST], options) if found.runs else ())


def _list(namespace: str, context: str, output: Output) -> int:
    """Print the pipelines of a namespace; return the exit code."""
    from dataflowxpress.api.pipeline import Pipeline

    from . import pipelines
    from .live import Live, namespace_of

    where = namespace or namespace_of(context)
    found = [Pipeline(body) for body in Live(context).pipelines(where)]
    if output is Output.json:
        listed = [{"name": each.name, "status": each.status.as_json()} for each in found]
        typer.echo(json.dumps(listed, indent=2))
    else:
        lines = pipelines.table(found, view.now()) if found else [f"No pipelines in {where}."]
        show(Console(highlight=False), lines)
    return 0 if all(each.status.holds("Ready") for each in found) else FAILED
