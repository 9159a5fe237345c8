"""Fleet: all pipelines and their Events as last observed; for use in one event loop."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.reporting.health import Health

from .changes import Broadcast, Key
from .detail import sections
from .overview import Json, row

LISTED_EVENTS = 50  # of a pipeline
KEPT = ("name", "namespace", "uid", "generation", "creationTimestamp", "deletionTimestamp")
NOT_LISTED = "The page has not received a list from the API server yet."
UNREADABLE = "This version of the page cannot read the status: update dataflowxpress."


class Fleet:
    """The pipelines and Events; *broadcast* reports changes of both."""

    def __init__(self, namespaces: Sequence[str] = ()) -> None:
        self.broadcast = Broadcast()
        self.pipelines = Pipelines(self.broadcast, namespaces)
        self.events = Events(self.broadcast, namespaces)

    def sections(self, key: Key) -> Json | None:
        """Return the sections of a pipeline's page, or None if there is no such pipeline."""
        if (body := self.pipelines.body(key)) is None:
            return None
        try:
            return sections(Pipeline(body), self.events.newest(key))
        except ValidationError:
            return {"row": self.pipelines.rows[key], "headline": {"message": UNREADABLE}}


class Problems:
    """Why the objects of each namespace can be outdated; without namespaces, of all."""

    def __init__(self, namespaces: Sequence[str]) -> None:
        self._found = dict.fromkeys(namespaces or [""], NOT_LISTED)

    def __str__(self) -> str:
        named = (f"{name}: {text}" if name else text for name, text in self._found.items() if text)
        return "; ".join(named)

    def replace(self, namespace: str, problem: str) -> bool:
        """Replace the problem of a namespace; return whether it is another one."""
        before, self._found[namespace] = self._found.get(namespace), problem
        return before != problem


class Observed:
    """Objects that a reflector observes, and why they can be outdated."""

    def __init__(self, broadcast: Broadcast, namespaces: Sequence[str]) -> None:
        self._broadcast, self._problems = broadcast, Problems(namespaces)

    @property
    def problem(self) -> str:
        """Why the objects can be outdated; empty if they are current."""
        return str(self._problems)

    def report(self, namespace: str, problem: str) -> None:
        """Record why the objects of a namespace can be outdated."""
        if self._problems.replace(namespace, problem):
            self._broadcast.send()


class Pipelines(Observed):
    """The pipelines: a row of each for the list, and the rest as JSON."""

    def __init__(self, broadcast: Broadcast, namespaces: Sequence[str]) -> None:
        super().__init__(broadcast, namespaces)
        self.rows: dict[Key, Json] = {}
        self._bodies: dict[Key, bytes] = {}  # dictionaries need five times the memory

    def body(self, key: Key) -> Json | None:
        """Return the parts of a pipeline that the page shows."""
        return dict(json.loads(self._bodies[key])) if key in self._bodies else None

    def replace(self, namespace: str, bodies: list[Json]) -> None:
        """Replace the pipelines of a namespace, or all of them without one."""
        listed = {key_of(body["metadata"]) for body in bodies}
        for key in _within(namespace, self._bodies):
            if key not in listed:
                self._remove(key)
        for body in bodies:
            self.put(body)

    def put(self, body: Json) -> None:
        """Add or update a pipeline."""
        key, content = key_of(body["metadata"]), json.dumps(_shown(body)).encode()
        if self._bodies.get(key) != content:
            self._bodies[key], self.rows[key] = content, _row(body)
            self._broadcast.send(key)

    def remove(self, body: Json) -> None:
        """Remove a pipeline."""
        self._remove(key_of(body["metadata"]))

    def _remove(self, key: Key) -> None:
        self._bodies.pop(key, None)
        self.rows.pop(key, None)
        self._broadcast.send(key)


class Events(Observed):
    """The Kubernetes Events about pipelines."""

    def __init__(self, broadcast: Broadcast, namespaces: Sequence[str]) -> None:
        super().__init__(broadcast, namespaces)
        self._events: dict[Key, dict[str, Json]] = defaultdict(dict)

    def newest(self, key: Key) -> list[Json]:
        """Return the newest Events about a pipeline, the newest first."""
        found = self._events.get(key, {}).values()
        return sorted(found, key=last_time, reverse=True)[:LISTED_EVENTS]

    def replace(self, namespace: str, events: list[Json]) -> None:
        """Replace the Events of a namespace, or all of them without one."""
        for key in _within(namespace, self._events):
            self._events.pop(key)
        for event in events:
            self.put(event)
        self._broadcast.send()

    def put(self, event: Json) -> None:
        """Add or update an Event."""
        key = key_of(event["involvedObject"])
        self._events[key][event["metadata"]["uid"]] = event
        self._broadcast.send(key)

    def remove(self, event: Json) -> None:
        """Remove an Event; the API server deletes each after an hour."""
        key = key_of(event["involvedObject"])
        self._events[key].pop(event["metadata"]["uid"], None)
        if not self._events[key]:
            self._events.pop(key)
        self._broadcast.send(key)


def key_of(metadata: Mapping[str, Any]) -> Key:
    """Return namespace and name."""
    return str(metadata["namespace"]), str(metadata["name"])


def last_time(event: Mapping[str, Any]) -> str:
    """Return the time of an Event; of a series, that of its last occurrence."""
    found = (event.get(name) for name in ("lastTimestamp", "eventTime", "firstTimestamp"))
    return next((str(each) for each in found if each), "")


def _within(namespace: str, keys: Mapping[Key, Any]) -> list[Key]:
    return [key for key in keys if namespace in {"", key[0]}]


def _shown(body: Json) -> Json:
    """Return what the page shows: the text of a custom script and managed fields are large."""
    metadata = {name: body["metadata"][name] for name in KEPT if name in body["metadata"]}
    metadata["annotations"] = body["metadata"].get("annotations") or {}
    spec = {name: each for name, each in (body.get("spec") or {}).items() if name != "job"}
    return {"metadata": metadata, "spec": spec, "status": body.get("status") or {}}


def _row(body: Json) -> Json:
    try:
        return row(Pipeline(body))
    except ValidationError:
        unknown = {"health": Health.UNKNOWN.value, "message": UNREADABLE}
        return {**row(Pipeline({**body, "status": {}})), **unknown}
