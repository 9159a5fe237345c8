"""Book: what the manifests of a bucket say, each of them read once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataflowxpress.spec import RESERVED_PREFIX

MANIFESTS = f"{RESERVED_PREFIX}manifests/"
REQUESTS = f"{RESERVED_PREFIX}requests/"
NAMED = 10  # objects in a message


@dataclass
class Book:
    """What the manifests of one bucket say; each manifest is read once, since none changes."""

    runs: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # by the manifest's key
    objects: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # newest entry by key
    waiting: Sequence[Mapping[str, str]] = ()  # keys and reasons, by the newest manifest

    def refresh(self, s3: Any, bucket: str) -> None:
        """Read the manifests that came since."""
        for key in sorted(item["Key"] for item in listing(s3, bucket, MANIFESTS)):
            if key not in self.runs:
                manifest = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
                self.runs[key] = _in_sum(manifest)
                self.objects |= {entry["key"]: entry for entry in manifest["objects"]}
                self.waiting = manifest["waiting"]

    def of_run(self, run: str) -> list[Mapping[str, Any]]:
        """Return what the manifests of one run say in sum."""
        return [summary for summary in self.runs.values() if summary["run"] == run]


class Books:
    """The books of all pipelines, by bucket; safe to use from many threads."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}
        self._lock = threading.Lock()

    def of(self, bucket: str) -> Book:
        """Return the book of *bucket*, an empty one the first time."""
        with self._lock:
            return self._books.setdefault(bucket, Book())


def listing(s3: Any, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    """Yield S3's listing of a prefix."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def _in_sum(manifest: Mapping[str, Any]) -> dict[str, Any]:
    entries = manifest["objects"]
    return {
        "run": manifest["run"],
        "objects": len(entries),
        "read": sum(entry["read"] for entry in entries),
        "rows": sum(entry["rows"] for entry in entries),
        "rejected": sum(entry["rejected"] for entry in entries),
        "reasons": [f"{e['key']}: {e['reason']}" for e in entries if e["reason"]],
    }
