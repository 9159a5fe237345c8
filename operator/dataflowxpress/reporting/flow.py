"""Flow: the path of the data from upload to notification, with the state of each hop. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from dataflowxpress.api.run_states import CRAWL_FAILED, is_active, is_failed
from dataflowxpress.api.status import Data, ResourceStatus, Run, Status

from .text import pluralize

if TYPE_CHECKING:
    from dataflowxpress.api.spec import DataPipelineSpec


class State(StrEnum):
    """The state of a hop, the worst first."""

    FAILED = "Failed"
    DRIFTED = "Drifted"
    WAITING = "Waiting"
    UNKNOWN = "Unknown"
    ACTIVE = "Active"
    READY = "Ready"


SEVERITY = list(State)
RESOURCE_STATES = {"Ready": State.READY, "Failed": State.FAILED, "Refused": State.FAILED}
UPLOAD, CRAWL, CONVERSION, NOTIFICATION = "upload", "crawl", "conversion", "notification"


class Hop(NamedTuple):
    """A part of the flow: its stage, what it is, its AWS resource, and its state with figures."""

    stage: str
    part: str
    name: str
    state: State
    note: str = ""


class Place(NamedTuple):
    """Where a hop is found in the inventory: by kind, and by custom name or end of the name."""

    stage: str
    part: str
    kind: str
    suffix: str = ""
    custom: Callable[[DataPipelineSpec], str | None] = lambda _: None


PLACES = (
    Place(UPLOAD, "bucket", "Bucket"),
    Place(UPLOAD, "queue", "Queue", "-uploads"),
    Place(
        UPLOAD, "function", "Function", "-start-crawler", lambda s: s.functions.start_crawler.name
    ),
    Place(CRAWL, "crawler", "Crawler"),
    Place(CRAWL, "rule", "Rule", "-crawled"),
    Place(CRAWL, "queue", "Queue", "-crawls"),
    Place(CONVERSION, "function", "Function", "-start-job", lambda s: s.functions.start_job.name),
    Place(CONVERSION, "job", "Job"),
    Place(CONVERSION, "catalog", "Database"),
    Place(NOTIFICATION, "rule", "Rule", "-ended"),
    Place(NOTIFICATION, "queue", "Queue", "-outcomes"),
    Place(NOTIFICATION, "function", "Function", "-notify", lambda s: s.functions.notify.name),
    Place(NOTIFICATION, "topic", "Topic"),
)


def flow(status: Status, spec: DataPipelineSpec | None = None) -> list[Hop]:
    """Return the hops in the order of the data; without *spec*, custom names are not found."""
    hops = [
        _hop(place, found, status)
        for place in PLACES
        if (found := _resource(place, status.resources, spec))
    ]
    if status.data and (dead := status.data.dead_letters):
        note = pluralize(dead, "message")
        hops.append(Hop(NOTIFICATION, "dead letters", "", State.FAILED, note))
    return hops


def stages(hops: Sequence[Hop]) -> Iterator[tuple[str, State, list[Hop]]]:
    """Yield each stage with the worst state of its hops."""
    for stage, found in groupby(hops, attrgetter("stage")):
        members = list(found)
        yield stage, min((hop.state for hop in members), key=SEVERITY.index), members


def _resource(
    place: Place, resources: Sequence[ResourceStatus], spec: DataPipelineSpec | None
) -> ResourceStatus | None:
    of_kind = [each for each in resources if each.kind == place.kind]
    custom = place.custom(spec) if spec else None
    if custom:
        return next((each for each in of_kind if each.name == custom), None)
    return next((each for each in of_kind if each.name.endswith(place.suffix)), None)


def _hop(place: Place, resource: ResourceStatus, status: Status) -> Hop:
    state = RESOURCE_STATES.get(resource.state, State.WAITING)
    note = resource.message
    if state is State.READY:
        drifted = [each for each in status.drift if each.resource == _id(resource)]
        if drifted:
            state, note = State.DRIFTED, f"{drifted[0].action}: {'; '.join(drifted[0].changes)}"
        elif check := _CHECKS.get(place.part):
            state, note = check(status, place.stage)
    return Hop(place.stage, place.part, resource.name, state, note)


def _id(resource: ResourceStatus) -> str:
    return f"{resource.kind}/{resource.name}"


def _bucket(status: Status, _: str) -> tuple[State, str]:
    data = status.data
    if data is None or data.waiting is None:
        return State.UNKNOWN, ""
    figures = [f"{data.waiting} waiting"]
    if data.refused:
        return State.FAILED, f"{figures[0]}, {data.refused} refused"
    return (State.WAITING if data.waiting else State.READY), figures[0]


def _queue(status: Status, stage: str) -> tuple[State, str]:
    recovery = status.recovery
    if recovery and recovery.reason == "QueueNotConsumed" and stage == UPLOAD:
        return State.FAILED, recovery.message
    return State.READY, ""


def _crawler(status: Status, _: str) -> tuple[State, str]:
    crawl = status.last_crawl
    if crawl is None:
        return State.READY, "no crawl yet"
    note = f"{crawl.state} {_clock(crawl.started)}".rstrip()
    if crawl.state in CRAWL_FAILED:
        return State.FAILED, f"{note}: {crawl.error}".rstrip(": ")
    return (State.ACTIVE if crawl.state == "Running" else State.READY), note


def _job(status: Status, _: str) -> tuple[State, str]:
    if not status.runs:
        return State.READY, "no run yet"
    run = status.runs[0]
    note = f"{run.state} {_clock(run.started)}".rstrip()
    if is_failed(run.state):
        return State.FAILED, f"{note}: {run.error}".rstrip(": ")
    if is_active(run.state):
        return State.ACTIVE, note
    return State.READY, f"{note}, {_figures(run)}"


def _figures(run: Run) -> str:
    rows = "" if run.rows_written is None else f", {pluralize(run.rows_written, 'row')}"
    rejected = f", {run.rows_rejected} rejected" if run.rows_rejected else ""
    return f"{run.seconds} s{rows}{rejected}"


def _catalog(status: Status, _: str) -> tuple[State, str]:
    current, data = status["DataCurrent"], status.data or Data(dead_letters=0)
    known = data.rows is not None and data.objects is not None
    rows = f"{pluralize(data.rows or 0, 'row')} of {pluralize(data.objects or 0, 'object')}"
    if current is None or current.status == "Unknown":
        return State.UNKNOWN, rows if known else ""
    if current.status == "True":
        return State.READY, rows
    return State.WAITING, f"{rows}; {current.reason}"


def _topic(status: Status, _: str) -> tuple[State, str]:
    confirmed = status["SubscriptionsConfirmed"]
    if confirmed is None or confirmed.status == "True":
        return State.READY, ""
    return State.WAITING, confirmed.message


_CHECKS: dict[str, Callable[[Status, str], tuple[State, str]]] = {
    "bucket": _bucket,
    "queue": _queue,
    "crawler": _crawler,
    "job": _job,
    "catalog": _catalog,
    "topic": _topic,
}


def _clock(moment: str) -> str:
    """Return the time of day of a time in the status, for example `12:00:00`."""
    return moment.partition("T")[2].rstrip("Z")
