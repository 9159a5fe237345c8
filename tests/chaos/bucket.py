"""Bucket: the objects of a pipeline and what its manifests say, read by nobody's code but ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MANIFESTS = "dataflowxpress/manifests/"
SOURCE, TARGET = "csv_data/", "parquet_data/"


@dataclass(frozen=True)
class Bucket:
    """A bucket, looked at from outside."""

    s3: Any
    name: str

    def items(self, prefix: str) -> list[dict[str, Any]]:
        """Return S3's listing of a prefix, without what stands for folders."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        listed = (item for page in pages for item in page.get("Contents", ()))
        return [item for item in listed if not item["Key"].endswith("/")]

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix."""
        return [item["Key"] for item in self.items(prefix)]

    def started(self) -> list[str]:
        """Return the keys of uploads that nobody has completed: S3 keeps and bills their parts."""
        found = self.s3.list_multipart_uploads(Bucket=self.name).get("Uploads", ())
        return [upload["Key"] for upload in found]

    def uploaded(self) -> dict[str, str]:
        """Return the keys and ETags of what is to be converted."""
        return {item["Key"]: item["ETag"].strip('"') for item in self.items(SOURCE)}

    def entries(self) -> dict[str, dict[str, Any]]:
        """Return the newest entry of each key in the manifests, the oldest of which is first."""
        found: dict[str, dict[str, Any]] = {}
        for key in self.keys(MANIFESTS):
            manifest = json.load(self.s3.get_object(Bucket=self.name, Key=key)["Body"])
            found |= {entry["key"]: entry for entry in manifest["objects"]}
        return found

    def files(self) -> set[str]:
        """Return the files of the newest record of each batch in the manifests."""
        found: dict[str, Any] = {}
        for key in self.keys(MANIFESTS):
            manifest = json.load(self.s3.get_object(Bucket=self.name, Key=key)["Body"])
            found |= manifest["batches"]
        batches = [batch for batch in found.values() if batch]
        return {batch["directory"] + path for batch in batches for path, *_ in batch["files"]}

    def pending(self) -> set[tuple[str, str]]:
        """Return what is uploaded and named by no manifest."""
        named = {(key, entry["etag"]) for key, entry in self.entries().items()}
        return self.uploaded().items() - named
