"""Status: the commands that show the state of a pipeline, and its runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from . import status_view as view
from .failures import FAILED, Failure, reported_errors
from .plan import Output
from .target import Context, File, Name, Namespace, Target, target

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

    Exits with 1 if the pipeline is not Ready.

    Examples:
    - `dataflowxpress status orders -n data`
    - `dataflowxpress status orders --all`
    - `dataflowxpress status -f pipeline.yaml -o json`

    """
    with reported_errors():
        chosen = target(name, file, namespace, context)
        found = _found(chosen)
        named = f"-f {file}" if file else f"{chosen.name} -n {chosen.namespace}"
        notes = [*_comparison(chosen, found, named)]
    if output is Output.json:
        typer.echo(json.dumps(found.as_json(), indent=2))
    else:
        if len(found.runs) > NEWEST:
            notes.append(Text(f"The newest {NEWEST} runs; for all: dataflowxpress runs {named}"))
        _show(f"{chosen.namespace}/{chosen.name}", found, notes, everything=everything)
    raise typer.Exit(0 if found.holds("Ready") else FAILED)


def runs(
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    output: As = Output.text,
) -> None:
    """Show the last ten runs of the job, the newest first.

    Errors, and the S3 prefix of rejected rows, follow below the table.

    Example: `dataflowxpress runs orders -n data`
    """
    with reported_errors():
        found = _found(target(name, file, namespace, context))
    if output is Output.json:
        listed = [run.model_dump(by_alias=True, exclude_none=True) for run in found.runs]
        typer.echo(json.dumps(listed, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in view.runs(found, found.runs) if found.runs else ["The job has not run yet."]:
        console.print(line)


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


def _comparison(chosen: Target, found: Status, named: str) -> Iterator[Text]:
    """Yield when AWS was last compared with the spec, how often, and the command for now."""
    yield view.compared(found, view.now())
    if chosen.live is None:
        yield Text(f"No operator compares a manifest. Compare now: dataflowxpress plan {named}")
        return
    if chosen.pipeline.paused:
        yield Text(f"No comparison while paused. Go on: dataflowxpress resume {named}")
        return
    from dataflowxpress.api.errors import InvalidSpec

    try:
        interval = chosen.pipeline.spec.resync_interval
    except InvalidSpec:
        return  # the condition Ready names the field
    yield Text(
        f"The operator looks for drift every {interval}. Compare now: dataflowxpress apply {named}"
    )


def _show(name: str, found: Status, notes: list[Text], *, everything: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(name, style="bold"))
    for line in (*view.conditions(found), *view.problems(found)):
        console.print(line)
    if everything:
        console.print(view.tree(name, found))
    more = "" if everything else "; --all lists them"
    for line in (view.summary(found).append(more), view.data(found), *notes):
        console.print(line)
    for line in view.runs(found, found.runs[:NEWEST]) if found.runs else ():
        console.print(line)
