"""Plan: the command that shows what would change, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from dataflowxpress.planning.plan import Action, Step

from .failures import CHANGES, FAILED, NOTHING_TO_DO, reported_errors
from .manifest import Manifest
from .plan_view import as_json, shown
from .target import Context, File, Name, Namespace, Target, target


class Output(StrEnum):
    """How a plan is written."""

    text = "text"
    json = "json"


def plan(  # noqa: PLR0913 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    output: Annotated[Output, typer.Option("--output", "-o", help="For people or programs.")] = (
        Output.text
    ),
    *,
    everything: Annotated[
        bool,
        typer.Option("--all", "-a", help="Also what is kept, and what is new to the last word."),
    ] = False,
) -> None:
    """Show what would change in AWS, and change nothing.

    `+` create, `~` change, `±` replace, `-` delete, `·` forget, `!` refused; old → new.

    A manifest is compared with AWS alone, whoever keeps the pipeline: in a pull request it says
    what merging would do. For a resource in the cluster, what its spec has dropped is shown too.

    Exits with 0 when there is nothing to do, 2 when something would change, 1 on errors and where
    something is refused.

    Examples:
    - `dataflowxpress plan -f pipeline.yaml`
    - `dataflowxpress plan orders -n data`
    - `dataflowxpress plan -f pipeline.yaml -o json | jq '.steps[] | select(.action != "keep")'`

    """
    with reported_errors():
        chosen = target(name, file, namespace, context)
        seen_by = _as_its_keeper(chosen)
        steps = chosen.reconciler().plan(chosen.pipeline)
    if output is Output.json:
        typer.echo(as_json(f"{chosen.namespace}/{chosen.name}", steps))
    else:
        show(steps, everything=everything)
        if seen_by:
            Console(stderr=True, highlight=False).print(f"[dim]{seen_by}[/]")
    raise typer.Exit(_code(steps))


def show(steps: Sequence[Step], *, everything: bool = False) -> None:
    """Print a plan."""
    console = Console(highlight=False, soft_wrap=True)
    for line in shown(steps, everything=everything):
        console.print(line)


def _code(steps: Sequence[Step]) -> int:
    actions = {step.action for step in steps}
    if Action.REFUSE in actions:
        return FAILED
    return NOTHING_TO_DO if actions <= {Action.KEEP, Action.LEAVE} else CHANGES


def _as_its_keeper(chosen: Target) -> str:
    """Look at a manifest as the operator does that keeps its pipeline, if one does; say so."""
    if not isinstance(chosen.store, Manifest):
        return ""
    owner_tags = chosen.store.record.owner_tags
    if (
        owner_tags is None
        or not owner_tags.cluster
        or owner_tags.pipeline != f"{chosen.namespace}/{chosen.name}"
    ):
        return ""
    chosen.store.uid = owner_tags.cluster
    return (
        f"The operator in {owner_tags.home} owns this pipeline. The plan shows what that operator"
        f" would do, but cannot include resources that its spec no longer names: run"
        f" `dataflowxpress plan {chosen.name}` against that cluster."
    )
