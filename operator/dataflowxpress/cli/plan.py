"""Plan: the command that shows the changes that AWS needs, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.plans import as_document
from dataflowxpress.standalone.manifest import Manifest
from dataflowxpress.standalone.operations import compare_as_owner

from . import terminal
from .cost.command import Prices, Uploads
from .failures import CHANGES, FAILED, NOTHING_TO_DO, Failure, reported_errors
from .plan_view import shown
from .target import Context, File, Name, Namespace, Target, target
from .terminal import Output


def plan(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    output: Annotated[Output, typer.Option("--output", "-o", help="For people or programs.")] = (
        Output.text
    ),
    uploads: Uploads = None,
    prices: Prices = None,
    *,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", "-a", help="Also unchanged resources, and each property of new ones."
        ),
    ] = False,
) -> None:
    """Show what would change in AWS, and change nothing.

    `+` create, `~` change, `±` replace, `-` delete, `·` forget, `!` refused; old → new.

    A manifest is compared with AWS alone. If a cluster's operator owns the pipeline, the plan is
    that operator's: in a pull request it shows the effect of a merge. For a pipeline in the
    cluster, the plan also shows resources that its spec has dropped.

    Exit code 0: nothing to do. 2: something would change. 1: an error, or a refused resource.

    Examples:
    - `dataflowxpress plan -f pipeline.yaml`
    - `dataflowxpress plan orders -n data`
    - `dataflowxpress plan -f pipeline.yaml --uploads-per-month 3000`
    - `dataflowxpress plan -f pipeline.yaml -o json | jq '.steps[] | select(.action != "keep")'`

    """
    with reported_errors():
        if prices and not uploads:
            raise Failure("--prices changes only an estimate", "add --uploads-per-month")
        chosen = target(name, file, namespace, context)
        note = _as_its_operator(chosen)
        pipeline, reconciler = chosen.pipeline, chosen.reconciler()
        steps = reconciler.plan(pipeline)
        effects = reconciler.effects(pipeline, steps)
        cost = _cost(pipeline.owner, steps, uploads, prices) if uploads else {}
    if output is not Output.text:
        found = as_document(pipeline.owner, steps, effects) | ({"cost": cost} if cost else {})
        terminal.write([terminal.document(found, output)])
    else:
        show(steps, effects, everything=everything)
        if cost:
            from .cost.view import in_plan  # not at the top: completion imports this module

            terminal.show(Console(highlight=False), in_plan(cost))
        if note:
            terminal.show(Console(stderr=True, highlight=False), [Text(note, style="dim")])
    raise typer.Exit(_code(steps))


def _cost(owner: str, steps: Sequence[Step], uploads: int, file: Path | None) -> dict[str, Any]:
    """Return the estimate for a month of the planned pipeline."""
    from .cost.command import estimated
    from .cost.price_file import price_list
    from .cost.view import estimate

    wanted = [step.resource for step in steps if step.resource]
    region = wanted[0].scope.region
    at = price_list(file, region)
    return estimate(owner, estimated(wanted, uploads, at), uploads, at, region)


def show(steps: Sequence[Step], effects: Sequence[str] = (), *, everything: bool = False) -> None:
    """Print a plan, and its effects on the data."""
    terminal.show(Console(highlight=False), shown(steps, effects, everything=everything))


def _code(steps: Sequence[Step]) -> int:
    actions = {step.action for step in steps}
    if Action.REFUSE in actions:
        return FAILED
    return NOTHING_TO_DO if actions <= {Action.KEEP, Action.LEAVE} else CHANGES


def _as_its_operator(chosen: Target) -> str:
    """Plan a manifest as the operator that owns its pipeline; return a note, or "" if none does."""
    if not isinstance(chosen.store, Manifest) or not (owner := compare_as_owner(chosen.store)):
        return ""
    return (
        f"The operator in {owner.home} owns this pipeline. The plan shows what that operator"
        f" would do, but cannot include resources that its spec no longer names: run"
        f" `dataflowxpress plan {chosen.name}` against that cluster."
    )
