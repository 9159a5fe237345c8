"""Flow: the hops of a pipeline in the order of its data, each with its state. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import ResourceStatus, Status

from .activity import Activity, activity
from .health import Health, fix_of, worst
from .hops import Hop, assigned

OF_RESOURCE = {
    "Ready": Health.HEALTHY,
    "Pending": Health.WAITING,
    "Deleting": Health.WAITING,
    "Failed": Health.FAILING,
    "Refused": Health.FAILING,
}


class Node(NamedTuple):
    """A hop of one pipeline: its main resource, all its resources (the worst first), its state."""

    hop: Hop
    name: str
    arn: str
    resources: tuple[ResourceStatus, ...]
    state: Activity


def flow(status: Status, spec: Mapping[str, Any]) -> list[Node]:
    """Return the hops; one without a resource in the status is `unknown`.

    *spec* has the fields of a spec by their names in JSON, with defaults.
    """
    return [_node(hop, members, status, spec) for hop, members in assigned(status, spec)]


def stages(nodes: Sequence[Node]) -> Iterator[tuple[str, Health, list[Node]]]:
    """Yield each stage with the worst state of its hops."""
    for stage, found in groupby(nodes, attrgetter("hop.stage")):
        members = list(found)
        yield stage, worst(*(node.state.health for node in members)), members


def _node(
    hop: Hop, members: Sequence[ResourceStatus], status: Status, spec: Mapping[str, Any]
) -> Node:
    bad = sorted((each for each in members if each.state != "Ready"), key=_severity)
    good = (each for each in members if each.state == "Ready")
    main = members[0] if members else None
    name, arn = (main.name, main.arn) if main else ("", "")
    if hop.id == "parquet":
        name = str((spec.get("target") or {}).get("prefix", ""))
    return Node(hop, name, arn, (*bad, *good), _state(hop, members, bad, status))


def _state(
    hop: Hop, members: Sequence[ResourceStatus], bad: Sequence[ResourceStatus], status: Status
) -> Activity:
    """Return the worst state: of the resources, of their drift or of the data."""
    if not members:
        return Activity(Health.UNKNOWN, "not created")
    data = activity(hop.id, status)
    states = [_of_resources(bad, status), _of_drift(members, status), data]
    worst_state = worst(*(each.health for each in states))
    return next(each for each in reversed(states) if each.health is worst_state)


def _of_resources(bad: Sequence[ResourceStatus], status: Status) -> Activity:
    if not bad:
        return Activity()
    health, ready = OF_RESOURCE[bad[0].state], status["Ready"]
    fix = fix_of(ready.reason) if ready and health is Health.FAILING else ""
    return Activity(health, bad[0].state.lower(), message=bad[0].message, fix=fix)


def _of_drift(members: Sequence[ResourceStatus], status: Status) -> Activity:
    names = {str(each.id) for each in members}
    drifted = [each for each in status.drift if each.resource in names]
    if not drifted:
        return Activity()
    return Activity(
        Health.DRIFTING,
        "differs from the spec",
        at=drifted[0].since,
        message="; ".join(each.resource for each in drifted),
        fix=Reason.REPORTED.fix,
    )


def _severity(resource: ResourceStatus) -> int:
    return list(Health).index(OF_RESOURCE[resource.state])
