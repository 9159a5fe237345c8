"""Fetching: opens objects ahead of their reader, because S3 answers many requests at once."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

from dataflow.reading.source_file import opened

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dataflow.store import Store
    from dataflow.task import Work

SMALL = 1024 * 1024  # bytes of an object that is fetched as a whole
AHEAD = 16  # objects

Stream: TypeAlias = Callable[[], io.BufferedReader]  # raises SkipReason if S3 refuses the object


def fetched(store: Store, works: Iterable[Work]) -> Iterator[tuple[Work, Stream]]:
    """Yield each work with its stream; small objects are fetched while others are converted."""
    with ThreadPoolExecutor(AHEAD) as pool:
        waiting: deque[tuple[Work, Stream]] = deque()
        for work in works:
            waiting.append((work, _stream(pool, store, work)))
            if len(waiting) > AHEAD:
                yield waiting.popleft()
        yield from waiting


def _stream(pool: ThreadPoolExecutor, store: Store, work: Work) -> Stream:
    if work.stored or work.object.size > SMALL:
        return lambda: opened(store, work.object)
    content: Future[bytes] = pool.submit(lambda: opened(store, work.object).read())
    return lambda: io.BufferedReader(io.BytesIO(content.result()))
