"""Store: the bucket of a pipeline: source objects, manifests, directories."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from dataflow.layout import OBJECT, top_of
from dataflow.sources import Object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dataflow.options import Options

Json = dict[str, Any]

MANIFESTS = "dataflowxpress/manifests/"
THREADS = 16
CALLS = Config(max_pool_connections=THREADS, retries={"mode": "standard", "max_attempts": 10})


class Store:
    """The bucket: objects, manifests, directories."""

    def __init__(self, options: Options) -> None:
        self.options, self.bucket = options, options.bucket
        self.s3 = boto3.client("s3", config=CALLS)
        # boto3 of Glue 5.0 has no parameter for it yet.
        self.s3.meta.events.register("before-call.s3.PutObject", _only_if_new)

    def keys(self, prefix: str, **arguments: Any) -> Iterator[Json]:
        """Yield S3's listing of a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, **arguments
        )
        for page in pages:
            yield from page.get("CommonPrefixes" if "Delimiter" in arguments else "Contents", [])

    def sources(self) -> dict[str, Object]:
        """Return the objects that are to be converted, as they are now."""
        listed = self.keys(self.options.source_prefix)
        return {
            entry["Key"]: Object(
                entry["Key"], entry["ETag"].strip('"'), entry["Size"], str(entry["LastModified"])
            )
            for entry in listed
            if entry["Key"].endswith(self.options.source_suffix) and entry["Key"][-1] != "/"
        }

    def head(self, obj: Object, length: int) -> bytes:
        """Return an object's first bytes."""
        answer = self.s3.get_object(Bucket=self.bucket, Key=obj.key, Range=f"bytes=0-{length - 1}")
        data: bytes = answer["Body"].read()
        return data

    def manifests(self) -> Iterator[tuple[int, Json]]:
        """Yield all manifests with their numbers, oldest first."""
        keys = [entry["Key"] for entry in self.keys(MANIFESTS) if entry["Key"].endswith(".json")]
        with ThreadPoolExecutor(THREADS) as pool:
            for key, manifest in zip(keys, pool.map(self._json, keys), strict=True):
                yield int(key[len(MANIFESTS) : -len(".json")]), manifest

    def _json(self, key: str) -> Json:
        answer: Json = json.load(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"])
        return answer

    def commit(self, number: int, manifest: Json) -> None:
        """Make a run's work count: one PUT, which fails if another run has taken the number."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=f"{MANIFESTS}{number:010d}.json",
            Body=json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode(),
            ContentType="application/json",
        )

    def directories(self, prefix: str) -> set[str]:
        """Return the objects' directories of a table, whoever wrote them, and what Spark left."""
        listed = (entry["Prefix"] for entry in self.keys(prefix, Delimiter="/"))
        ours = (f"{OBJECT}=", "_temporary/", "__magic")
        return {each for each in listed if each[len(prefix) :].startswith(ours)}

    def leaves(self, prefix: str) -> dict[str, list[str]]:
        """Return the directories that hold Parquet, under each object's directory."""
        found: dict[str, set[str]] = defaultdict(set)
        for entry in self.keys(prefix):
            if entry["Key"].endswith(".parquet"):
                leaf = entry["Key"].rpartition("/")[0] + "/"
                found[top_of(leaf)].add(leaf)
        return {top: sorted(leaves) for top, leaves in found.items()}

    def delete(self, directories: Iterable[str]) -> None:
        """Delete directories with all that is in them."""
        with ThreadPoolExecutor(THREADS) as pool:
            for keys in pool.map(lambda prefix: [e["Key"] for e in self.keys(prefix)], directories):
                for first in range(0, len(keys), 1000):
                    batch = [{"Key": key} for key in keys[first : first + 1000]]
                    answer = self.s3.delete_objects(
                        Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True}
                    )
                    if answer.get("Errors"):
                        raise RuntimeError(f"could not delete: {answer['Errors'][:3]}")


def _only_if_new(params: Json, **_: Any) -> None:
    params["headers"]["If-None-Match"] = "*"
