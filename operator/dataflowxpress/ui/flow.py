"""Flow: the hops of a pipeline in the order of its data, each with its state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import ResourceStatus, Status

from .activity import Activity, activity
from .health import Health, fix_of, worst
from .hops import Hop, assigned
from .overview import Json

OF_RESOURCE = {
    "Ready": Health.HEALTHY,
    "Pending": Health.WAITING,
    "Deleting": Health.WAITING,
    "Failed": Health.FAILING,
    "Refused": Health.FAILING,
}


def flow(pipeline: Pipeline) -> list[Json]:
    """Return the hops; one without a resource in the status is `unknown`."""
    spec = pipeline.body.get("spec") or {}
    hops = assigned(pipeline.status, spec)
    return [_node(hop, members, pipeline.status, spec) for hop, members in hops]


def _node(hop: Hop, members: list[ResourceStatus], status: Status, spec: Mapping[str, Any]) -> Json:
    bad = sorted((each for each in members if each.state != "Ready"), key=_severity)
    good = (each for each in members if each.state == "Ready")
    main = members[0] if members else None
    return {
        "id": hop.id,
        "stage": hop.stage,
        "title": hop.title,
        "service": hop.service,
        "name": _name(hop, main, spec),
        "arn": main.arn if main else "",
        **_state(hop, members, bad, status),
        "resources": [
            each.model_dump(include={"kind", "name", "arn", "state", "message"})
            for each in (*bad, *good)
        ],
    }


def _state(
    hop: Hop, members: list[ResourceStatus], bad: list[ResourceStatus], status: Status
) -> Json:
    """Return the worst state: of the resources, of their drift or of the data."""
    if not members:
        return _shown(Activity(Health.UNKNOWN, "not created"))
    data = activity(hop.id, status)
    states = [_of_resources(bad, status), _of_drift(members, status), data]
    worst_state = worst(*(each.health for each in states))
    return _shown(next(each for each in reversed(states) if each.health is worst_state))


def _of_resources(bad: list[ResourceStatus], status: Status) -> Activity:
    if not bad:
        return Activity()
    health, ready = OF_RESOURCE[bad[0].state], status["Ready"]
    fix = fix_of(ready.reason) if ready and health is Health.FAILING else ""
    return Activity(health, bad[0].state.lower(), message=bad[0].message, fix=fix)


def _of_drift(members: list[ResourceStatus], status: Status) -> Activity:
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


def _shown(state: Activity) -> Json:
    return {**state._asdict(), "health": state.health.value}


def _severity(resource: ResourceStatus) -> int:
    return list(Health).index(OF_RESOURCE[resource.state])


def _name(hop: Hop, main: ResourceStatus | None, spec: Mapping[str, Any]) -> str:
    if hop.id == "parquet":
        return str((spec.get("target") or {}).get("prefix", ""))
    return main.name if main else ""
