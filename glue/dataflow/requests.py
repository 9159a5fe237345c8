"""Requests: reprocessing of all objects under a prefix.

A request is an empty object `dataflowxpress/requests/<id>/<prefix>`. Each entry of a manifest lists
the requests that it fulfils, so that no object is reprocessed twice after a failed run. The job
deletes a request when all objects under its prefix are reprocessed.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflow.store import Store

Json = dict[str, Any]

REQUESTS = "dataflowxpress/requests/"
FORGOTTEN = "dataflowxpress/forgotten/"  # <table>/<column>: a user does not want the column


class Requests:
    """The open requests, and the columns that users do not want."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.prefixes: dict[str, str] = {}  # by id
        self.forgotten: dict[str, frozenset[str]] = {}  # columns by table

    def refresh(self) -> None:
        """List them."""
        keys = [entry["Key"][len(REQUESTS) :] for entry in self.store.keys(REQUESTS)]
        named = (key.partition("/") for key in keys)
        self.prefixes = {name: prefix for name, _, prefix in named if prefix}
        forgotten: dict[str, set[str]] = defaultdict(set)
        for entry in self.store.keys(FORGOTTEN):
            table, _, column = entry["Key"][len(FORGOTTEN) :].partition("/")
            forgotten[table].add(unquote(column))
        self.forgotten = {table: frozenset(columns) for table, columns in forgotten.items()}

    def matching(self, key: str) -> list[str]:
        """Return the ids of the requests for an object."""
        return [name for name, prefix in self.prefixes.items() if key.startswith(prefix)]

    def unfulfilled(self, entry: Json) -> set[str]:
        """Return the ids of the requests that an object's entry does not fulfil."""
        return set(self.matching(entry["key"])) - set(entry.get("requests", ()))

    def close(self, entries: Iterable[Json]) -> None:
        """Delete the requests that all *entries*, those of the existing objects, fulfil."""
        remaining = {name for entry in entries for name in self.unfulfilled(entry)}
        done = self.prefixes.keys() - remaining
        self.store.delete_keys([f"{REQUESTS}{name}/{self.prefixes[name]}" for name in done])
        self.prefixes = {name: self.prefixes[name] for name in remaining}
