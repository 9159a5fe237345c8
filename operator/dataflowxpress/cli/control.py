"""Control: the commands that request a run, and that pause and resume a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dataflowxpress.api.run_states import is_active, is_failed

from . import runs_view, terminal
from .failures import FAILED, Failure, reported_errors
from .live import now
from .progress import follow
from .target import Context, File, Name, Namespace, Target, in_cluster, named, target

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status


def run(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the run's end.")] = 900,
    output: Annotated[
        terminal.Output, typer.Option("--output", "-o", help="For people or programs.")
    ] = terminal.Output.text,
    *,
    wait: Annotated[bool, typer.Option(help="Wait for the run's end; exit with 1 if it fails.")] = (
        True
    ),
) -> None:
    """Request a run of the job now, and wait for its end.

    The job converts the objects that are not converted yet. If there are none, it changes nothing.
    To run the operator itself: `dataflowxpress operator`.

    Examples:
    - `dataflowxpress run orders -n data`
    - `dataflowxpress run -f pipeline.yaml --no-wait`

    """
    with reported_errors():
        chosen = target(name, file, namespace, context)
        chosen.refuse_if_held("run")
        before = {each.id for each in _poll(chosen).runs}
        _ask(chosen)
        if not wait:
            return
        status = follow(
            lambda: _poll(chosen),
            lambda said: _has_ended(said, before),
            timeout,
            f"a run of {chosen.name}",
        )
    newest = next(each for each in status.runs if each.id not in before)
    if output is terminal.Output.text:
        console = Console(highlight=False)
        width = terminal.columns(console)
        terminal.show(console, runs_view.runs([newest], named(chosen, file), width))
    else:
        found = newest.model_dump(by_alias=True, exclude_none=True)
        terminal.write([terminal.document(found, output)])
    raise typer.Exit(FAILED if is_failed(newest.state) else 0)


def pause(name: Name = "", namespace: Namespace = "", context: Context = "") -> None:
    """Stop the operator's calls to AWS for a pipeline, until `resume`.

    AWS still converts uploads. To hold them in their queue, set `spec.suspend: true`.

    Example: `dataflowxpress pause orders -n data`
    """
    with reported_errors():
        _pause(in_cluster(name, namespace, context), "true")


def resume(name: Name = "", namespace: Namespace = "", context: Context = "") -> None:
    """End a pause: the operator compares AWS with the spec and corrects differences.

    Example: `dataflowxpress resume orders -n data`
    """
    with reported_errors():
        _pause(in_cluster(name, namespace, context), None)


def _poll(chosen: Target) -> Status:
    """Return the status; without an operator, read the data from AWS first."""
    from dataflowxpress.standalone.manifest import Manifest
    from dataflowxpress.standalone.operations import observed_status

    if isinstance(chosen.store, Manifest):
        return observed_status(chosen.store)
    return chosen.status


def _ask(chosen: Target) -> None:
    from dataflowxpress import dataplane as runs
    from dataflowxpress.api.annotations import RUN_REQUESTED

    if chosen.live is not None:
        chosen.live.annotate(chosen.namespace, chosen.name, RUN_REQUESTED, now())
        return
    connection, wanted = chosen.reconciler().describe(chosen.pipeline)
    runs.RequestHandler(connection.client, chosen.pipeline.spec, wanted).trigger(
        runs.RecoveryAction.RUN
    )


def _has_ended(status: Status, before: set[str]) -> bool:
    return any(each.id not in before and not is_active(each.state) for each in status.runs)


def _pause(chosen: Target, value: str | None) -> None:
    from dataflowxpress.api.annotations import PAUSED

    if chosen.live is None:
        raise Failure("only a pipeline in a cluster can be paused", "omit -f, and give its NAME")
    chosen.live.annotate(chosen.namespace, chosen.name, PAUSED, value)
    state = "paused" if value else "resumed"
    Console(highlight=False).print(f"{chosen.namespace}/{chosen.name} is {state}.")
