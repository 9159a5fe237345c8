"""Reflector: keeps a store equal to a collection of the API server."""

from __future__ import annotations

import logging
import threading
from http import HTTPStatus
from typing import Any, Protocol

from kubernetes.client import ApiException
from kubernetes.watch import Watch
from urllib3.exceptions import ReadTimeoutError

from .client import UNANSWERED
from .core import CoreApi

log = logging.getLogger(__name__)

Object = dict[str, Any]
WATCH_SECONDS = 240  # after which the API server ends a watch, and the next one begins
FORBIDDEN = ": grant list and watch, or choose namespaces with --namespace"
REST = 0.5  # seconds between two watches: a proxy can end each one at once
FIRST_RETRY, LAST_RETRY = 1.0, 30.0  # seconds before a call after one that failed


class Store(Protocol):
    """Receives the objects of a collection; the reflector calls it from its own thread."""

    def replace(self, namespace: str, objects: list[Object]) -> None:
        """Replace all objects of a namespace; an empty one means all namespaces."""

    def put(self, found: Object) -> None:
        """Add or update an object."""

    def remove(self, gone: Object) -> None:
        """Remove an object."""

    def report(self, namespace: str, problem: str) -> None:
        """Record why a namespace can be outdated; an empty text means that it is current."""


class Reflector:
    """Lists the collection at *path*, then delivers each change, until stopped.

    *namespace* is the scope of the collection; an empty one means all namespaces.
    """

    def __init__(
        self, core: CoreApi, path: str, store: Store, *, namespace: str = "", fields: str = ""
    ) -> None:
        self._core, self._path, self._store = core, path, store
        self._namespace, self._fields = namespace, fields
        self._watch, self._stopped, self._delay = Watch(), threading.Event(), FIRST_RETRY

    def run(self) -> None:
        """Keep the store current; after an error, report it and start again with a list."""
        while not self._stopped.is_set():
            try:
                self._follow()
            except UNANSWERED as error:
                if not self._stopped.is_set() and getattr(error, "status", 0) != HTTPStatus.GONE:
                    self._fail(_describe(error))
            except Exception as error:  # the thread must not end: the store would be outdated
                log.exception("%s cannot be watched", self._path)
                self._fail(f"unexpected error: {error!r}")

    def _fail(self, problem: str) -> None:
        """Report a problem, and wait before the next attempt."""
        log.warning("%s cannot be watched: %s", self._path, problem)
        self._store.report(self._namespace, problem)
        self._stopped.wait(self._delay)
        self._delay = min(2 * self._delay, LAST_RETRY)

    def stop(self) -> None:
        """End the watch."""
        self._stopped.set()
        self._watch.stop()

    def _follow(self) -> None:
        """List, then watch until stopped; raises the error of a call, or 410 for an old version."""
        version = self._list()
        while not self._stopped.is_set():
            self._delay = FIRST_RETRY
            try:
                for event in self._events(version):
                    version = str(event["object"]["metadata"]["resourceVersion"])
                    self._deliver(event["type"], event["object"])
            except ReadTimeoutError:  # silent or dead: a list shows which
                version = self._list()
            self._stopped.wait(REST)

    def _list(self) -> str:
        """Replace the content of the store; return the version of the list."""
        found: list[Object] = []
        more = ""
        while True:
            page = self._core.page(self._path, fieldSelector=self._fields, **{"continue": more})
            found += page["items"]
            if not (more := page["metadata"].get("continue", "")):
                break
        self._store.replace(self._namespace, found)
        self._store.report(self._namespace, "")
        return str(page["metadata"]["resourceVersion"])

    def _events(self, version: str) -> Any:
        return self._watch.stream(
            self._core.open_watch,
            self._path,
            version=version,
            fields=self._fields,
            timeout_seconds=WATCH_SECONDS,
        )

    def _deliver(self, kind: str, changed: Object) -> None:
        match kind:
            case "ADDED" | "MODIFIED":
                self._store.put(changed)
            case "DELETED":
                self._store.remove(changed)


def _describe(error: Exception) -> str:
    if not isinstance(error, ApiException):
        return f"the API server does not answer: {error}"
    answer = f"{error.status} {error.reason}"
    return answer + FORBIDDEN if error.status == HTTPStatus.FORBIDDEN else answer
