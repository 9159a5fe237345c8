"""Status view: the text for people of conditions, resources, data and runs; fits 80 columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.timestamps import parse_time
from dataflowxpress.reporting.text import pluralize

if TYPE_CHECKING:
    from dataflowxpress.api.status import Condition, ResourceStatus, Run, Status

GOOD_WHEN_FALSE = {"Stalled", "Drifted", "Reconciling"}
COLORS = {
    "Ready": "green",
    "Pending": "yellow",
    "Failed": "red",
    "Refused": "red",
    "Deleting": "red",
}
RUN_LINE = "{:10}  {:19}  {:>7}  {:>8}  {:>12}  {:>10}"
UNKNOWN = "-"


def conditions(status: Status) -> Iterator[Text]:
    """Yield a line for each condition, problems first."""
    for each in sorted(status.conditions, key=_is_fine):
        message = f"  {each.message}" if each.message else ""
        yield Text.assemble(
            (f"{each.type:23}", "bold"), (f"{each.status:8}", _color(each)), each.reason, message
        )


def _is_fine(condition: Condition) -> bool:
    return _color(condition) == "green"


def _color(condition: Condition) -> str:
    if condition.reason == Reason.PAUSED:
        return "yellow"
    good = "False" if condition.type in GOOD_WHEN_FALSE else "True"
    return {good: "green", "Unknown": "yellow"}.get(condition.status, "red")


def problems(status: Status) -> Iterator[Text]:
    """Yield a line for each resource that is not ready, and for each difference in AWS."""
    for line in status.resources:
        if line.state != "Ready":
            yield _resource(line)
    for each in status.drift:
        changes = "".join(f"\n    {change}" for change in each.changes)
        yield Text.assemble((f"{'Drifted':9}", "red"), each.resource, (changes, "dim"))


def summary(status: Status) -> Text:
    """Return the number of resources in each state, in one line."""
    counts = Counter(line.state for line in status.resources)
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    return Text(f"{pluralize(len(status.resources), 'resource')} in AWS: {states or 'none'}")


def tree(name: str, status: Status) -> Tree:
    """Return all resources by service, each with its state."""
    from dataflowxpress.aws import resources

    root = Tree(Text(name, style="bold"))
    by_service: dict[str, list[ResourceStatus]] = defaultdict(list)
    for line in status.resources:
        by_service[getattr(resources, line.kind).service].append(line)
    for service, lines in by_service.items():
        branch = root.add(Text(service, style="dim"))
        for line in lines:
            branch.add(_resource(line))
    return root


def _resource(line: ResourceStatus) -> Text:
    message = f"  {line.message}" if line.message else ""
    return Text.assemble(
        (f"{line.state:9}", COLORS[line.state]), f"{line.kind}/{line.name}", (message, "dim")
    )


def data(status: Status) -> Text:
    """Return the state of the data, in one line."""
    if (found := status.data) is None:
        return Text("The state of the data is unknown yet.", style="dim")
    dead = pluralize(found.dead_letters, "dead letter")
    if found.objects is None or found.rows is None or found.waiting is None:
        return Text(f"Converted objects and rows are unknown: the job uses a custom script; {dead}")
    return Text(
        f"{pluralize(found.objects, 'object')} converted, {pluralize(found.rows, 'row')},"
        f" {found.rejected} rejected; {pluralize(found.waiting, 'upload')} waiting,"
        f" {found.refused or 0} refused, {dead}"
    )


def compared(status: Status, now: datetime) -> Text:
    """Return when the operator last compared AWS with the spec."""
    if not status.last_compared_at:
        return Text("AWS was not compared with the spec yet.")
    at = parse_time(status.last_compared_at)
    ago = max(0, round((now - at).total_seconds()))
    spoken = f"{pluralize(ago, 'second')}" if ago < 120 else pluralize(ago // 60, "minute")  # noqa: PLR2004
    return Text(f"AWS was last compared with the spec {spoken} ago ({at:%Y-%m-%d %H:%M:%S} UTC).")


def runs(found: Sequence[Run], named: str) -> Iterator[Text]:
    """Yield runs as a table of two lines a run, and then errors and reasons in full.

    *named* is the pipeline as options of a command.
    """
    head = ("state", "started (UTC)", "seconds", "objects", "rows", "rejected")
    yield Text(RUN_LINE.format(*head), style="bold")
    for run in found:
        started = run.started.replace("T", " ").rstrip("Z")
        figures = (run.objects, run.rows_written, run.rows_rejected)
        numbers = (UNKNOWN if each is None else each for each in figures)
        line = RUN_LINE.format(run.state, started, run.seconds, *numbers)
        yield Text(line.rstrip(), style=_run_color(run))
        yield Text(f"  {run.id}", style="dim")
    for run in found:
        yield from _notes(run, named)


def _run_color(run: Run) -> str:
    return "red" if is_failed(run.state) else "yellow" if is_active(run.state) else "green"


def _notes(run: Run, named: str) -> Iterator[Text]:
    if is_failed(run.state):
        yield Text(f"\n{run.id} {run.state}:\n  {run.error or 'AWS Glue gives no reason'}")
    if run.type_changes:
        yield Text(f"\n{run.id}: columns with a wider type\n  {run.type_changes}")
    if run.rows_rejected:
        rows = pluralize(run.rows_rejected, "rejected row")
        yield Text(f"\n{run.id}: {rows}; to see them:")
        yield Text(f"  dataflowxpress rejects {named} --run {run.id}")
    elif run.rejects:
        yield Text(f"\n{run.id}: objects without rows")
    if run.rejects:
        yield Text(f"  {run.rejects}")


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
