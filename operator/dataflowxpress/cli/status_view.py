"""Status view: the text for people of conditions, resources, data and runs; fits 80 columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.timestamps import parse_time
from dataflowxpress.reporting.text import batches, mebibytes, pluralize, without_code

if TYPE_CHECKING:
    from dataflowxpress.api.status import Condition, ResourceStatus, Status, Table

COLORS = {
    "Ready": "green",
    "Pending": "yellow",
    "Failed": "red",
    "Refused": "red",
    "Deleting": "red",
}


def conditions(status: Status) -> Iterator[Text]:
    """Yield a line for each condition, problems first."""
    for each in sorted(status.conditions, key=_is_fine):
        message = f"  {each.message}" if each.message else ""
        yield Text.assemble(
            (f"{each.type:23}", "bold"), (f"{each.status:8}", _color(each)), each.reason, message
        )
        if fix := _fix(each):
            yield Text.assemble(("  Fix: ", "bold"), fix)


def _fix(condition: Condition) -> str:
    """Return what a person can do about a condition; empty if nothing is needed."""
    if _is_fine(condition) or condition.reason not in set(Reason):
        return ""
    return without_code(Reason(condition.reason).fix)


def _is_fine(condition: Condition) -> bool:
    return _color(condition) == "green"


def _color(condition: Condition) -> str:
    from dataflowxpress.reporting.health import is_good  # not at the top: completion imports this

    if condition.reason == Reason.PAUSED:
        return "yellow"
    if is_good(condition):
        return "green"
    return "yellow" if condition.status == "Unknown" else "red"


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


def resources(status: Status) -> Iterator[Text]:
    """Yield all resources by service, each with its state."""
    from dataflowxpress.aws import resources as kinds

    by_service: dict[str, list[ResourceStatus]] = defaultdict(list)
    for line in status.resources:
        by_service[getattr(kinds, line.kind).service].append(line)
    for service, lines in by_service.items():
        yield Text(service, style="bold")
        yield from (Text("  ").append_text(_resource(line)) for line in lines)


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


def tables(status: Status, *, everything: bool) -> Iterator[Text]:
    """Yield the tables whose files slow queries down, each with the fix, or all tables."""
    found = status.data.tables if status.data else ()
    for each in found:
        if everything or each.warning:
            warning = (f"  {each.warning}", "yellow") if each.warning else ""
            yield Text.assemble(
                f"Table {each.name}: {pluralize(each.rows, 'row')}, {mebibytes(each.bytes)},"
                f" {_files(each)}.",
                warning,
            )
    more = (status.data.table_count or 0) - len(found) if status.data else 0
    if everything and more > 0:
        yield Text(f"{pluralize(more, 'smaller table')}: dataflowxpress files lists them.")


def _files(table: Table) -> str:
    found = pluralize(table.files, "file")
    return (
        f"{found} of Iceberg"
        if table.format == "Iceberg"
        else f"{found} in {batches(table.batches)}"
    )


def compared(status: Status, now: datetime) -> Text:
    """Return when the operator last compared AWS with the spec."""
    if not status.last_compared_at:
        return Text("AWS was not compared with the spec yet.")
    at = parse_time(status.last_compared_at)
    ago = max(0, round((now - at).total_seconds()))
    spoken = f"{pluralize(ago, 'second')}" if ago < 120 else pluralize(ago // 60, "minute")  # noqa: PLR2004
    return Text(f"AWS was last compared with the spec {spoken} ago ({at:%Y-%m-%d %H:%M:%S} UTC).")


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
