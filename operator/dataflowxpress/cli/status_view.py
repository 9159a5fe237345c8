"""Status view: how the state of a pipeline is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.status import Condition, ResourceStatus, Run, Status
from dataflowxpress.planning.resource import Resource
from dataflowxpress.reporting.conditions import counted

GOOD_WHEN_FALSE = {"Stalled", "Drifted", "Reconciling"}
COLORS = {
    "Ready": "green",
    "Pending": "yellow",
    "Failed": "red",
    "Refused": "red",
    "Deleting": "red",
}
SHORT_ID = 12  # characters of a run's id that stay where there is little room


def conditions(status: Status) -> Iterator[Text]:
    """Yield a line for each condition."""
    for each in status.conditions:
        said = f"  {each.message}" if each.message else ""
        yield Text.assemble(
            (f"{each.type:23}", "bold"), (f"{each.status:8}", _color(each)), each.reason, said
        )


def _color(condition: Condition) -> str:
    good = "False" if condition.type in GOOD_WHEN_FALSE else "True"
    return {good: "green", "Unknown": "yellow"}.get(condition.status, "red")


def tree(name: str, status: Status) -> Tree:
    """Return all resources by the service that they are in, each with its state."""
    root = Tree(Text(name, style="bold"))
    by_service: dict[str, list[ResourceStatus]] = defaultdict(list)
    for line in status.resources:
        by_service[Resource.kinds[line.kind].service].append(line)
    for service, lines in by_service.items():
        branch = root.add(Text(service, style="dim"))
        for line in lines:
            branch.add(_resource(line))
    return root


def _resource(line: ResourceStatus) -> Text:
    said = f"  {line.message}" if line.message else ""
    return Text.assemble(
        (f"{line.state:9}", COLORS[line.state]), f"{line.kind}/{line.name}", (said, "dim")
    )


def data(status: Status) -> Text:
    """Return where the data is, in one line."""
    if (found := status.data) is None:
        return Text("Nothing is known of the data yet.", style="dim")
    return Text(
        f"{counted(found.objects, 'object')} converted, {counted(found.rows, 'row')},"
        f" {found.rejected} rejected;"
        f" {counted(found.waiting, 'upload')} waiting, {counted(found.dead_letters, 'dead letter')}"
    )


def runs(found: Sequence[Run]) -> Table:
    """Return the runs as a table, the newest first."""
    table = Table(box=None, header_style="bold")
    table.add_column("run", overflow="ellipsis", min_width=SHORT_ID)
    for column in ("state", "started", "seconds", "objects", "rows", "rejected"):
        table.add_column(column, no_wrap=True)
    failed = any(run.error for run in found)
    if failed:
        table.add_column("error", overflow="fold")
    for run in found:
        color = "red" if is_failed(run.state) else "yellow" if is_active(run.state) else "green"
        numbers = (run.seconds, run.objects, run.rows_written, run.rows_rejected)
        error = [Text(run.error)] if failed else []
        state, started = Text(run.state, style=color), run.started.replace("T", " ").rstrip("Z")
        table.add_row(run.id, state, started, *map(str, numbers), *error)
    return table
