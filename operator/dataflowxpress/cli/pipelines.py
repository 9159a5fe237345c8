"""Pipelines: the list of a namespace's pipelines that `status` shows; fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.status import Status
from dataflowxpress.api.timestamps import parse_time

LONGEST = 14  # columns for a name; a longer one gets a line of its own
ROW = f"{{:{LONGEST}}}  {{:7}}  {{:19}}  {{:19}}  {{:>7}}  {{:>4}}"
COLUMNS = 78  # of that row
UNKNOWN = "-"
UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


def listed(
    pipelines: Sequence[Pipeline], namespace: str, width: int, now: datetime | None = None
) -> Iterator[Text]:
    """Yield the pipelines of a namespace as a table for *width* columns."""
    now = now or datetime.now(UTC)
    if not pipelines:
        yield Text(f"No pipelines in {namespace}.")
    elif width < COLUMNS:
        yield from (line for each in pipelines for line in _card(each, now))
    else:
        yield from table(pipelines, now)


def as_documents(pipelines: Iterable[Pipeline]) -> list[dict[str, Any]]:
    """Return the name and the status of each pipeline, for programs."""
    return [{"name": each.name, "status": each.status.as_json()} for each in pipelines]


def table(pipelines: Iterable[Pipeline], now: datetime) -> Iterator[Text]:
    """Yield a line for each pipeline, below a head: state, uploads that wait, and age."""
    yield Text(ROW.format("name", "ready", "reason", "data", "waiting", "age"), style="bold")
    for each in pipelines:
        status, name = each.status, each.name
        if len(name) > LONGEST:
            yield Text(name)
            name = ""
        row = ROW.format(
            name, *_ready(status), _data(status), _waiting(status), _age(each.body, now)
        )
        yield Text(row, style=_color(status))


def _card(pipeline: Pipeline, now: datetime) -> Iterator[Text]:
    """Yield a block of short lines for a pipeline."""
    status = pipeline.status
    yield Text(pipeline.name, style="bold")
    yield Text(f"  ready {' '.join(_ready(status))}", style=_color(status))
    yield Text(f"  data {_data(status)}, {_waiting(status)} waiting")
    yield Text(f"  age {_age(pipeline.body, now)}")


def _color(status: Status) -> str:
    return "" if status.holds("Ready") else "red"


def _ready(status: Status) -> tuple[str, str]:
    ready = status["Ready"]
    return (ready.status, ready.reason) if ready else ("Unknown", UNKNOWN)


def _data(status: Status) -> str:
    current = status["DataCurrent"]
    return current.reason if current else UNKNOWN


def _waiting(status: Status) -> str:
    waiting = status.data.waiting if status.data else None
    return UNKNOWN if waiting is None else str(waiting)


def _age(body: Mapping[str, Any], now: datetime) -> str:
    """Return the age as kubectl shows it, in its largest unit."""
    seconds = round((now - parse_time(body["metadata"]["creationTimestamp"])).total_seconds())
    for unit, length in UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length}{unit}"
    return f"{max(0, seconds)}s"
