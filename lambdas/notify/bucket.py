"""Bucket: what a pipeline's books say of runs and objects, and which events were told."""

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, Self

import boto3

Json = dict[str, Any]

RESERVED = "dataflowxpress/"
MANIFESTS, SNAPSHOTS = f"{RESERVED}manifests/", f"{RESERVED}snapshots/"


class Bucket(NamedTuple):
    """A pipeline's bucket, and what of it is uploaded data."""

    name: str
    prefix: str
    suffix: str
    keeps_manifests: bool  # the script is the packaged one

    @classmethod
    def of_environment(cls) -> Self:
        """Return the bucket that the function was told."""
        given = os.environ
        keeps = given["KEEPS_MANIFESTS"] == "true"
        return cls(given["BUCKET"], given["PREFIX"], given.get("SUFFIX", ""), keeps)

    def figures(self, run: str) -> Json | None:
        """Return what a run says that it has done; None where it found nothing to do.

        A script that keeps no books says nothing, and yet has done something.
        """
        if not self.keeps_manifests:
            return {}
        key = f"{RESERVED}runs/{run}.json"
        return json.loads(self._read(key)) if self._is_there(key) else None

    def waiting(self) -> int | None:
        """Count the uploaded objects that the manifests do not name with their content of now."""
        if not self.keeps_manifests:
            return None
        known = self._converted()
        return len(
            [
                item
                for item in self._listed(self.prefix)
                if item["Key"].endswith(self.suffix)
                and not item["Key"].endswith("/")
                and known.get(item["Key"]) != item["ETag"].strip('"')
            ]
        )

    def is_notified(self, event: str) -> bool:
        """Whether an event was told."""
        return self._is_there(f"{RESERVED}notified/{event}")

    def mark_notified(self, event: str) -> None:
        """Remember that an event was told."""
        _s3().put_object(Bucket=self.name, Key=f"{RESERVED}notified/{event}", Body=b"")

    def _converted(self) -> dict[str, str]:
        """Return the content of each converted object: the newest snapshot's, and later ones."""
        etags: dict[str, str] = {}
        number = 0
        for key in [item["Key"] for item in self._listed(SNAPSHOTS)][-1:]:
            head, *entries = map(json.loads, gzip.decompress(self._read(key)).splitlines())
            number, etags = head["number"], {entry["key"]: entry["etag"] for entry in entries}
        for item in self._listed(MANIFESTS, StartAfter=f"{MANIFESTS}{number:010d}.json"):
            manifest = json.loads(self._read(item["Key"]))
            etags.update((entry["key"], entry["etag"]) for entry in manifest["objects"])
        return etags

    def _listed(self, prefix: str, **more: str) -> Iterator[Json]:
        pages = (
            _s3().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, **more)
        )
        for page in pages:
            yield from page.get("Contents", ())

    def _is_there(self, key: str) -> bool:
        return any(item["Key"] == key for item in self._listed(key))

    def _read(self, key: str) -> bytes:
        content: bytes = _s3().get_object(Bucket=self.name, Key=key)["Body"].read()
        return content


@cache
def _s3() -> Any:
    return boto3.client("s3")
