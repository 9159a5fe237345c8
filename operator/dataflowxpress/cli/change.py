"""Change: the commands that make a pipeline true in AWS, and that remove it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from dataflowxpress.planning.step import Action, Step
from dataflowxpress.standalone.approval import Approval, PlanChanged, differences
from dataflowxpress.standalone.existing import inventory
from dataflowxpress.standalone.manifest import Manifest
from dataflowxpress.standalone.operations import delete as delete_standalone
from dataflowxpress.standalone.operations import refuse_if_held, refuse_if_in_a_cluster

from . import terminal
from .failures import FAILED, Failure, reported_errors
from .live import now
from .plan import show
from .progress import Steps, follow
from .status_view import conditions
from .target import Context, File, Name, Namespace, Target, in_cluster

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status
    from dataflowxpress.controller.result import Result

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds to wait for the operator.")]
console = Console(highlight=False, soft_wrap=True)


def apply(  # noqa: PLR0913 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    timeout: Timeout = 300,
    *,
    yes: Yes = False,
) -> None:
    """Make a pipeline true in AWS.

    A manifest is applied from here, without a cluster: its inventory is kept in its bucket, under
    `dataflowxpress/status.json`. A pipeline that a cluster's operator keeps is refused: change it
    there. If the plan changes while the command asks, the command shows the changes and asks again.
    If another command changes the pipeline at the same time, one of them fails and names the other.

    For a resource in the cluster, its operator is asked to compare everything now.

    Examples:
    - `dataflowxpress apply -f pipeline.yaml --yes`
    - `dataflowxpress apply orders -n data`

    """
    with reported_errors():
        if file is None:
            _ask_operator(in_cluster(name, namespace, context), timeout)
            return
        manifest = Manifest.load(file, name, namespace)
        chosen = Target(*manifest.key, manifest)
        refuse_if_held(manifest.described, "apply")
        refuse_if_in_a_cluster(manifest, "apply")
        report = _apply_confirmed(chosen, manifest, yes=yes)
    _end(report)


def delete(  # noqa: PLR0913 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    timeout: Timeout = 300,
    *,
    yes: Yes = False,
) -> None:
    """Delete a pipeline; `spec.deletionPolicy` says what of it stays in AWS.

    Examples:
    - `dataflowxpress delete -f pipeline.yaml`
    - `dataflowxpress delete orders -n data --yes`

    """
    with reported_errors():
        if file is None:
            _delete_in_cluster(in_cluster(name, namespace, context), timeout, yes=yes)
            return
        manifest = Manifest.load(file, name, namespace).is_deleting()
        chosen = Target(*manifest.key, manifest)
        refuse_if_held(manifest.described, "delete")
        refuse_if_in_a_cluster(manifest, "delete")
        before = inventory(manifest)
        kept = chosen.pipeline.spec.deletion_policy
        console.print(f"{len(before.resources)} resources are known; deletionPolicy is {kept}.")
        terminal.confirm(console, f"Delete {chosen.namespace}/{chosen.name}?", yes=yes)
        with Steps(console) as bar:
            report = delete_standalone(manifest, before, bar.show)
        if report is None or not report.success:
            _end(report)
    console.print(f"{chosen.namespace}/{chosen.name} is gone.")


def _apply_confirmed(chosen: Target, manifest: Manifest, *, yes: bool) -> Result | None:
    """Apply the plan that the user confirms; if it changes before its first step, ask again."""
    steps = _shown_plan(chosen)
    while True:
        if not any(step.action.writes for step in steps):
            raise typer.Exit(FAILED if _refused(steps) else 0)
        terminal.confirm(console, "Apply this?", yes=yes)
        approval = Approval(manifest, steps, asks=not yes)
        try:
            with Steps(console, steps) as bar:
                reconciler = chosen.reconciler(bar.show, approval)
                if yes:  # no confirmation took time: the plan is still current
                    return reconciler.reconcile_as_planned(chosen.namespace, chosen.name, steps)
                return reconciler.reconcile(chosen.namespace, chosen.name)
        except PlanChanged as change:
            manifest.reread()
            before, steps = steps, chosen.reconciler().plan(chosen.pipeline)
            console.print(f"Nothing was applied: {change.change}.", markup=False)
            terminal.show(console, differences(before, steps))
            show(steps)


def _shown_plan(chosen: Target) -> list[Step]:
    """Show the plan and its effects, and return its steps."""
    pipeline, reconciler = chosen.pipeline, chosen.reconciler()
    steps = reconciler.plan(pipeline)
    show(steps, reconciler.effects(pipeline, steps))
    return steps


def _ask_operator(chosen: Target, timeout: float) -> None:
    from dataflowxpress.api.annotations import REQUESTED

    live, asked = chosen.live, now()
    if live is None:
        raise Failure("only a pipeline in a cluster has an operator", "omit -f, and give its NAME")
    chosen.refuse_if_held("apply")
    live.annotate(chosen.namespace, chosen.name, REQUESTED, asked)
    status = follow(
        lambda: chosen.status,
        lambda status: status.reconcile_handled_at == asked and _is_over(status),
        timeout,
        f"the operator compares {chosen.name} with AWS",
    )
    terminal.show(console, conditions(status))
    raise typer.Exit(0 if status.holds("Ready") else FAILED)


def _is_over(status: Status) -> bool:
    """Whether all is done, or a person is needed."""
    return status.holds("Ready") or status.holds("Stalled")


def _delete_in_cluster(chosen: Target, timeout: float, *, yes: bool) -> None:
    kept = chosen.pipeline.spec.deletion_policy
    if kept != "Retain":  # otherwise the operator has no work in AWS
        chosen.refuse_if_held("delete")
    question = f"Delete {chosen.namespace}/{chosen.name} (deletionPolicy {kept})?"
    terminal.confirm(console, question, yes=yes)
    if (live := chosen.live) is None:
        raise Failure(
            "only a pipeline in a cluster can be deleted there", "omit -f, and give its NAME"
        )
    live.delete(chosen.namespace, chosen.name)
    follow(
        lambda: live.status(chosen.namespace, chosen.name),
        lambda status: status is None,
        timeout,
        f"the operator deletes {chosen.name}",
    )
    console.print(f"{chosen.namespace}/{chosen.name} is gone.")


def _refused(steps: Sequence[Step]) -> bool:
    return any(step.action is Action.REFUSE for step in steps)


def _end(report: Result | None) -> NoReturn:
    if report is None:
        raise typer.Exit(FAILED)
    terminal.show(console, conditions(report.status))
    ready = report.status["Ready"]
    raise typer.Exit(0 if ready is None or ready.status == "True" else FAILED)
