"""Streams: server-sent events with what changed since the viewer's last message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from dataflowxpress.kube.client import UNANSWERED

from .access import OF_EVENTS, OF_PIPELINES, Access, Viewer
from .changes import Changes, Key
from .fleet import Fleet
from .overview import Json

HEARTBEAT = 15.0  # seconds; each one also repeats the check of the viewer's permissions
PACE = 0.25  # seconds between two messages of a stream, so that bursts become one message
MOST_STREAMS = 500
NO_EVENTS = "You cannot list Events in this namespace."
Message = Callable[[Viewer, set[Key]], Awaitable[Json]]  # empty if nothing changed


class Streams:
    """Serves the list of pipelines and the page of each pipeline.

    *samples* offers the rejected rows of a pipeline to viewers.
    """

    def __init__(self, fleet: Fleet, access: Access, *, samples: bool) -> None:
        self._fleet, self._access, self._samples = fleet, access, samples

    async def pipelines(self, request: web.Request) -> web.StreamResponse:
        """Stream the rows of all pipelines that the viewer may list."""
        viewer = await self._viewer(request)
        with self._fleet.broadcast.subscribed() as changes:
            rows = Rows(self._fleet)
            return await self._stream(request, viewer, changes, rows.message)

    async def pipeline(self, request: web.Request) -> web.StreamResponse:
        """Stream the sections of one pipeline; 403 if the viewer may not get it."""
        viewer, key = await self.allowed(request)
        with self._fleet.broadcast.subscribed(key) as changes:
            sections = Sections(self._fleet, key, samples=self._samples)
            return await self._stream(request, viewer, changes, sections.message)

    async def allowed(self, request: web.Request) -> tuple[Viewer, Key]:
        """Return the viewer and the pipeline; raises 401 or 403 if the viewer may not get it."""
        viewer = await self._viewer(request)
        key = request.match_info["namespace"], request.match_info["name"]
        if not await viewer.may("get", OF_PIPELINES, key[0]):
            raise refusal(
                HTTPStatus.FORBIDDEN, f"You cannot get DataPipelines in the namespace {key[0]}."
            )
        return viewer, key

    async def _viewer(self, request: web.Request) -> Viewer:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        is_bearer = scheme.lower() == "bearer" and token.isascii()
        found = await self._access.viewer(token) if is_bearer else None
        if found is None:
            raise refusal(HTTPStatus.UNAUTHORIZED, "The token is missing, invalid or expired.")
        if len(self._fleet.broadcast) >= MOST_STREAMS:
            raise refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Too many open pages: close some.")
        return found

    async def _stream(
        self, request: web.Request, viewer: Viewer, changes: Changes, message: Message
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            async for text in self._texts(request, viewer, changes, message):
                await response.write(text.encode())
                await asyncio.sleep(PACE)
        except ConnectionError:
            pass  # the viewer has closed the page
        return response

    async def _texts(
        self, request: web.Request, viewer: Viewer, changes: Changes, message: Message
    ) -> AsyncIterator[str]:
        """Yield the content at first, then changes and heartbeats, until access ends."""
        changed: set[Key] = set()
        while True:
            try:
                content = await message(viewer, changed)
                yield event("change", content) if content else ": alive\n\n"
                if not (changed := await changes.take(HEARTBEAT)):
                    viewer = await self._viewer(request)
            except web.HTTPException:
                yield event("expired", {})
                return
            except UNANSWERED:
                return  # the page connects again, and gets the error


class Rows:
    """The rows that a viewer has."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet, self._sent, self._state = fleet, dict[Key, Json](), Json()

    async def message(self, viewer: Viewer, changed: set[Key]) -> Json:
        """Return the changed fields of rows, and the rows that are gone; no key means all."""
        rows, gone = [], []
        for key in sorted(changed or {*self._fleet.pipelines.rows, *self._sent}):
            row = self._fleet.pipelines.rows.get(key)
            if row is None or not await viewer.may("list", OF_PIPELINES, key[0]):
                if self._sent.pop(key, None):
                    gone.append("/".join(key))
            elif difference := changed_fields(self._sent.get(key), row):
                rows.append({**difference, "id": row["id"]})
                self._sent[key] = row
        lists = {"rows": rows, "gone": gone}
        return {**self._changed_state(), **{name: each for name, each in lists.items() if each}}

    def _changed_state(self) -> Json:
        problem = self._fleet.pipelines.problem
        old, self._state = self._state, {"problem": problem}
        return changed_fields(old, self._state)


class Sections:
    """The sections of one pipeline that a viewer has."""

    def __init__(self, fleet: Fleet, key: Key, *, samples: bool) -> None:
        self._fleet, self._key, self._samples, self._sent = fleet, key, samples, Json()

    async def message(self, viewer: Viewer, _changed: set[Key]) -> Json:
        """Return the sections that differ from those of the last message."""
        found = self._fleet.sections(self._key)
        if found is None:
            found = {"gone": True}
        elif not await viewer.may("get", OF_PIPELINES, self._key[0]):
            raise refusal(HTTPStatus.FORBIDDEN, "")
        else:
            events = await self._events(viewer, found)
            found |= {"gone": False, "samples": self._samples, **events}
        found["problem"] = self._fleet.pipelines.problem
        difference = changed_fields(self._sent, found)
        self._sent = found
        return difference

    async def _events(self, viewer: Viewer, found: Json) -> Json:
        if not await viewer.may("list", OF_EVENTS, self._key[0]):
            return {"events": [], "eventsProblem": NO_EVENTS}
        problem = self._fleet.events.problem
        return {"events": found.get("events", []), "eventsProblem": problem}


def changed_fields(old: Json | None, new: Json) -> Json:
    """Return the fields of *new* that differ from *old*."""
    return {name: value for name, value in new.items() if not old or old.get(name) != value}


def event(name: str, content: Json) -> str:
    """Return a server-sent event; JSON has no line breaks."""
    return f"event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"


def refusal(status: HTTPStatus, message: str) -> web.HTTPException:
    """Return an error with a message for the page."""
    kinds = {
        HTTPStatus.UNAUTHORIZED: web.HTTPUnauthorized,
        HTTPStatus.FORBIDDEN: web.HTTPForbidden,
        HTTPStatus.SERVICE_UNAVAILABLE: web.HTTPServiceUnavailable,
    }
    return kinds[status](text=json.dumps({"error": message}), content_type="application/json")
