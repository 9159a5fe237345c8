"""Parts: the files of a report, each collected by itself so that one failure stops no other."""

from __future__ import annotations

import io
import json
import platform
import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from rich.console import Console

from dataflowxpress.cli.log_sources import Window, events_of, last_run, sources
from dataflowxpress.cli.status_page import Page
from dataflowxpress.cli.terminal import show
from dataflowxpress.reporting.plans import as_document

from .redaction import Redactor, plan_without_private, without_private

if TYPE_CHECKING:
    from dataflowxpress.cli.target import Target

PACKAGES = ("dataflowxpress", "boto3", "botocore", "kopf", "kubernetes", "pydantic", "rich")
LINES = 500  # of each log
WIDTH = 120  # columns of the status

Files = Iterator[tuple[str, str]]


class Part(NamedTuple):
    """A part of the report; *collect* yields names of files and their texts."""

    name: str
    collect: Callable[[], Files]


def parts(chosen: Target, redact: Redactor) -> list[Part]:
    """Return all parts of the report about a pipeline."""
    return [
        Part("versions", lambda: _versions(chosen)),
        Part("pipeline", lambda: _pipeline(chosen, redact)),
        Part("events", lambda: _events(chosen, redact)),
        Part("status", lambda: _status(chosen)),
        Part("plan", lambda: _plan(chosen, redact)),
        Part("logs", lambda: _logs(chosen)),
    ]


def collected(found: list[Part], redact: Redactor) -> Iterator[tuple[str, str, bool]]:
    """Yield name and text of each file, without secrets, and whether its part failed."""
    for part in found:
        try:
            for name, text in part.collect():
                yield name, redact.text(text), False
        except Exception:  # noqa: BLE001 - the failure is a part of the report
            yield f"failed-{part.name}.txt", redact.text(traceback.format_exc()), True


def _versions(chosen: Target) -> Files:
    found: dict[str, Any] = {name: _version(name) for name in PACKAGES}
    found |= {"python": platform.python_version(), "platform": platform.platform()}
    if chosen.live:
        found["kubernetesServer"] = chosen.live.version().get("gitVersion", "")
    yield "versions.json", json.dumps(found, indent=2)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _pipeline(chosen: Target, redact: Redactor) -> Files:
    yield "pipeline.yaml", _yaml(redact.value(without_private(chosen.pipeline.body)))


def _events(chosen: Target, redact: Redactor) -> Files:
    if chosen.live:
        fields = ("type", "reason", "message", "count", "firstTimestamp", "lastTimestamp")
        found = [
            {field: event.get(field) for field in fields}
            for event in chosen.live.events(chosen.namespace, chosen.name)
        ]
        yield "events.yaml", _yaml(redact.value(found))


def _status(chosen: Target) -> Files:
    console = Console(file=io.StringIO(), width=WIDTH, highlight=False, color_system=None)
    page = Page(chosen.name, WIDTH, everything=True, in_cluster=chosen.live is not None)
    pipeline = chosen.pipeline
    show(console, page.lines(pipeline, pipeline.status))
    text = console.file
    assert isinstance(text, io.StringIO)  # noqa: S101 - for mypy
    yield "status.txt", text.getvalue()


def _plan(chosen: Target, redact: Redactor) -> Files:
    pipeline, reconciler = chosen.pipeline, chosen.reconciler()
    steps = reconciler.plan(pipeline)
    plan = as_document(pipeline.owner, steps, reconciler.effects(pipeline, steps))
    # Only JSON's types: a plan can hold tuples and enumerations.
    plain: Mapping[str, Any] = json.loads(json.dumps(plan))
    yield "plan.json", json.dumps(redact.value(plan_without_private(plain)), indent=2)


def _logs(chosen: Target) -> Files:
    connection, wanted = chosen.reconciler().describe(chosen.pipeline)
    client, window = connection.client("logs"), Window(LINES, raw=True)
    for number, source in enumerate(sources(wanted, last_run(connection.client("glue"), wanted))):
        events, _ = events_of(client, source, window)
        lines = [f"{event['timestamp']} {event['message'].rstrip()}" for event in events]
        head = f"{source.of} {source.name} ({source.group}), milliseconds since 1970"
        yield f"logs/{number}-{source.of}.txt", "\n".join([head, *lines])


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(json.loads(json.dumps(value, default=str)), sort_keys=False))
