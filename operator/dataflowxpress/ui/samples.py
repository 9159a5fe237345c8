"""Samples: the first rejected rows of a pipeline, if the user starts the page with this option."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator

from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.errors import PipelineError
from dataflowxpress.aws.errors import describe
from dataflowxpress.dataplane.rejects import Reject

from .overview import Json
from .streams import Streams

SAMPLE = 20  # rows
RAW = 500  # characters of a raw text
Read = Callable[[str, str], Iterator[Reject]]  # namespace and name


class Samples:
    """Serves rejected rows, one request at a time: each reads the manifests of the pipeline."""

    def __init__(self, read: Read, streams: Streams) -> None:
        self._read, self._streams, self._lock = read, streams, asyncio.Lock()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with at most 20 rows, or with a problem."""
        _, key = await self._streams.allowed(request)
        async with self._lock:
            return web.json_response(await asyncio.to_thread(self._sample, *key))

    def _sample(self, namespace: str, name: str) -> Json:
        try:
            rows = list(itertools.islice(self._read(namespace, name), SAMPLE + 1))
        except (PipelineError, ClientError, BotoCoreError) as error:
            return {"rows": [], "more": False, "problem": describe(error)}
        shown = [{**row._asdict(), "raw": (row.raw or "")[:RAW]} for row in rows[:SAMPLE]]
        return {"rows": shown, "more": len(rows) > SAMPLE, "problem": ""}
