"""Bounded: reads JSON from objects that a tenant can write, in bounded memory."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from sys import getsizeof  # a wide character makes each one of its text take four bytes
from typing import Any

MIB = 2**20
DOCUMENT = 16 * MIB  # a manifest, or the first line of a snapshot; the operator has the same limit
VALUES = 500_000  # in a document
LINE = MIB  # of a snapshot, after the first
ETAGS = 64 * MIB  # the converted objects in memory, about 200,000
ENTRY = 100  # bytes in memory, without its texts
MALFORMED = (
    *(ValueError, KeyError, TypeError, RecursionError),
    *(EOFError, gzip.BadGzipFile, zlib.error),
)


class Unreadable(Exception):
    """An object of the bucket is too large or malformed; the message names it and the fix."""


class Etags:
    """The ETags of converted objects, in bounded memory."""

    def __init__(self) -> None:
        self.by_key: dict[str, str] = {}
        self._bytes = 0

    def record(self, source: str, entries: Iterable[dict[str, Any]]) -> None:
        """Record the entries that the object *source* has; raises Unreadable if they are many."""
        for entry in entries:
            key, etag = str(entry["key"]), str(entry["etag"])
            if (before := self.by_key.get(key)) is not None:
                self._bytes -= ENTRY + getsizeof(key) + getsizeof(before)
            self._bytes += ENTRY + getsizeof(key) + getsizeof(etag)
            if self._bytes > ETAGS:
                raise _unreadable(source, f"has entries of more than {ETAGS:,} bytes")
            self.by_key[key] = etag


def parsed(key: str, content: bytes, limit: int) -> Any:
    """Return the JSON value in *content*; raises Unreadable if it is too large."""
    if len(content) > limit:
        raise _unreadable(key, f"has more than {limit:,} bytes in one document")
    if sum(map(content.count, (b",", b"[", b"{"))) > VALUES:
        raise _unreadable(key, f"has more than {VALUES:,} values in one document")
    return json.loads(content)


@contextmanager
def parsing(key: str) -> Iterator[None]:
    """Raise Unreadable if the object *key* turns out to be malformed."""
    try:
        yield
    except MALFORMED as error:
        raise _unreadable(key, f"is malformed ({type(error).__name__})") from error


def _unreadable(key: str, reason: str) -> Unreadable:
    return Unreadable(f"{key} {reason}: see the condition DataCurrent of the pipeline")
