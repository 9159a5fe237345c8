"""Requests: wishes to convert again what lies under a prefix, and which entries grant them.

A request is an object `dataflowxpress/requests/<id>/<prefix>`: it says all in its name. An entry of
a manifest names the requests under which its rows were written, so that a run that dies leaves
nothing to be done twice. A request is deleted when no object is left that it asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflow.store import Store

Json = dict[str, Any]

REQUESTS = "dataflowxpress/requests/"


class Requests:
    """The requests that are open."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.prefixes: dict[str, str] = {}  # by id

    def refresh(self) -> None:
        """Look which there are."""
        keys = [entry["Key"][len(REQUESTS) :] for entry in self.store.keys(REQUESTS)]
        named = (key.partition("/") for key in keys)
        self.prefixes = {name: prefix for name, _, prefix in named if prefix}

    def about(self, key: str) -> list[str]:
        """Return the ids of those that ask for an object."""
        return [name for name, prefix in self.prefixes.items() if key.startswith(prefix)]

    def not_granted(self, entry: Json) -> set[str]:
        """Return the ids of those that came after an object's entry."""
        return set(self.about(entry["key"])) - set(entry.get("requests", ()))

    def close(self, entries: Iterable[Json]) -> None:
        """Delete the requests that nothing is left of, given the entries of what is there."""
        left = {name for entry in entries for name in self.not_granted(entry)}
        done = self.prefixes.keys() - left
        self.store.delete_keys([f"{REQUESTS}{name}/{self.prefixes[name]}" for name in done])
        self.prefixes = {name: self.prefixes[name] for name in left}
