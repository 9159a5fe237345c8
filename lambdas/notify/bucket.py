"""Bucket: reads manifests and run summaries, and records the events that were notified."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, Self

import boto3

Json = dict[str, Any]

RESERVED = "dataflowxpress/"
MANIFESTS, SNAPSHOTS = f"{RESERVED}manifests/", f"{RESERVED}snapshots/"

MIB = 2**20
DOCUMENT = 16 * MIB  # a manifest, or the first line of a snapshot; the operator has the same limit
VALUES = 500_000  # in a document
LINE = MIB  # of a snapshot, after the first
ETAGS = 64 * MIB  # the converted objects in memory, about 200,000
ENTRY = 200  # bytes in memory, without its texts


MALFORMED = (
    *(ValueError, KeyError, TypeError, RecursionError),
    *(EOFError, gzip.BadGzipFile, zlib.error),
)


NOTHING: Json = {}


class Unreadable(Exception):
    """An object of the bucket is too large or malformed; the message names it and the fix."""


class Bucket(NamedTuple):
    """The bucket of a pipeline, with the prefix and suffix of its uploads."""

    name: str
    prefix: str
    suffix: str
    keeps_manifests: bool  # false for a custom script

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Self:
        """Return the bucket that the settings of the function name."""
        suffix, keeps_manifests = settings.get("SUFFIX", ""), settings["KEEPS_MANIFESTS"] == "true"
        return cls(settings["BUCKET"], settings["PREFIX"], suffix, keeps_manifests)

    def figures(self, run: str) -> Json | None:
        """Return the summary that a run wrote, or None if the run had nothing to convert.

        A custom script writes no summary: its figures are unknown, and the result is empty.
        """
        if not self.keeps_manifests:
            return {}
        key = f"{RESERVED}runs/{run}.json"
        if not self._exists(key):
            return None
        with _parsing(key):
            return dict(self._json(key))

    def waiting(self) -> int | None:
        """Count the uploads whose current content is in no manifest; None for a custom script.

        Raises Unreadable if a snapshot or manifest is too large or malformed.
        """
        if not self.keeps_manifests:
            return None
        converted = self._converted()
        return len(
            [
                item
                for item in self._listed(self.prefix)
                if item["Key"].endswith(self.suffix)
                and not item["Key"].endswith("/")
                and converted.get(item["Key"]) != item["ETag"].strip('"')
            ]
        )

    def is_notified(self, event: str) -> bool:
        """Return whether the notification of an event was sent."""
        return self._exists(f"{RESERVED}notified/{event}")

    def mark_notified(self, event: str) -> None:
        """Record that the notification of an event was sent."""
        _s3().put_object(Bucket=self.name, Key=f"{RESERVED}notified/{event}", Body=b"")

    def _converted(self) -> dict[str, str]:
        """Return the ETags of the converted objects: newest snapshot, then later manifests."""
        etags, number = Etags(), 0
        for key in [item["Key"] for item in self._listed(SNAPSHOTS)][-1:]:
            with _parsing(key):
                entries = self._lines(key)
                number = int(next(entries, NOTHING)["number"])
                etags.record(key, entries)
        for item in self._listed(MANIFESTS, StartAfter=f"{MANIFESTS}{number:010d}.json"):
            with _parsing(item["Key"]):
                etags.record(item["Key"], self._json(item["Key"])["objects"])
        return etags.by_key

    def _listed(self, prefix: str, **more: str) -> Iterator[Json]:
        pages = (
            _s3().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, **more)
        )
        for page in pages:
            yield from page.get("Contents", ())

    def _exists(self, key: str) -> bool:
        return any(item["Key"] == key for item in self._listed(key))

    def _json(self, key: str) -> Any:
        return _parsed(key, self._stream(key).read(DOCUMENT + 1), DOCUMENT)

    def _lines(self, key: str) -> Iterator[Any]:
        """Yield the JSON lines of a compressed object, without the complete content in memory."""
        limit = DOCUMENT
        with gzip.GzipFile(fileobj=self._stream(key)) as lines:
            while line := lines.readline(limit + 1):
                yield _parsed(key, line, limit)
                limit = LINE

    def _stream(self, key: str) -> Any:
        return _s3().get_object(Bucket=self.name, Key=key)["Body"]


class Etags:
    """The ETags of converted objects, in bounded memory."""

    def __init__(self) -> None:
        self.by_key: dict[str, str] = {}
        self._bytes = 0

    def record(self, source: str, entries: Iterable[Json]) -> None:
        """Record the entries that the object *source* has; raises Unreadable if they are many."""
        for entry in entries:
            key, etag = str(entry["key"]), str(entry["etag"])
            if key not in self.by_key:
                self._bytes += ENTRY + len(key) + len(etag)
            if self._bytes > ETAGS:
                raise _unreadable(source, f"has entries of more than {ETAGS:,} bytes")
            self.by_key[key] = etag


def _parsed(key: str, content: bytes, limit: int) -> Any:
    if len(content) > limit:
        raise _unreadable(key, f"has more than {limit:,} bytes in one document")
    if sum(map(content.count, (b",", b"[", b"{"))) > VALUES:
        raise _unreadable(key, f"has more than {VALUES:,} values in one document")
    return json.loads(content)


@contextmanager
def _parsing(key: str) -> Iterator[None]:
    try:
        yield
    except MALFORMED as error:
        raise _unreadable(key, f"is malformed ({type(error).__name__})") from error


def _unreadable(key: str, reason: str) -> Unreadable:
    return Unreadable(f"{key} {reason}: see the condition DataCurrent of the pipeline")


@cache
def _s3() -> Any:
    return boto3.client("s3")
