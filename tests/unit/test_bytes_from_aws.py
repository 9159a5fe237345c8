"""Bytes from AWS: whatever a bucket has in place of manifests is read, or refused by name."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflowxpress.api.errors import Refused
from dataflowxpress.dataplane.manifest_log import SNAPSHOTS, ManifestLog
from dataflowxpress.dataplane.manifest_reads import MANIFESTS
from tests.damages import damaged

EXAMPLES = int(os.environ.get("DATAFLOWXPRESS_EXAMPLES") or 150)
BUCKET = "a-bucket"
ENTRY = {
    "key": "csv_data/a.csv",
    "etag": "0f",
    "size": 3,
    "read": 2,
    "rows": 1,
    "rejected": 1,
    "reason": "a reason",
}
MANIFEST = {
    "run": "jr_1",
    "objects": [ENTRY],
    "waiting": [{"key": "csv_data/b.csv", "reason": "it waits"}],
    "type_changes": [{"message": "a change"}],
}
HEAD = {"number": 1, "waiting": {"csv_data/b.csv": "it waits"}}


class Stored:
    """S3 with the objects of one bucket, for the calls that read manifests."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self._objects = objects

    def get_paginator(self, _operation: str) -> Stored:
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> list[Any]:  # noqa: N803 - as in S3
        assert Bucket == BUCKET
        found = [
            key for key in sorted(self._objects) if key.startswith(Prefix) and key > StartAfter
        ]
        return [
            {
                "Contents": [
                    {
                        "Key": key,
                        "ETag": '"0"',
                        "Size": len(self._objects[key]),
                        "LastModified": datetime.now(UTC),
                    }
                    for key in found
                ]
            }
        ]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as in S3
        assert Bucket == BUCKET
        return {"Body": io.BytesIO(self._objects[Key])}


def contents(document: Any) -> st.SearchStrategy[bytes]:
    """Return bytes that are a damaged document, a part of one, or anything."""
    written = damaged(document).map(json.dumps).map(str.encode)
    return written | written.map(lambda text: text[: len(text) // 2]) | st.binary(max_size=60)


def load(objects: Mapping[str, bytes]) -> None:
    """Read the log of a bucket; a refusal names the object."""
    try:
        ManifestLog.load(Stored(objects), BUCKET)
    except Refused as refused:
        assert any(f"s3://{BUCKET}/{key}" in str(refused) for key in objects)  # noqa: PT017


@given(contents(MANIFEST))
@settings(max_examples=EXAMPLES)
def test_any_content_of_a_manifest_is_read_or_refused_by_name(content: bytes) -> None:
    load({f"{MANIFESTS}0000000001.json": content})


@given(contents(HEAD), contents(ENTRY), st.integers(0, 40))
@settings(max_examples=EXAMPLES)
def test_any_content_of_a_snapshot_is_read_or_refused_by_name(
    head: bytes, entry: bytes, cut: int
) -> None:
    packed = gzip.compress(head + b"\n" + entry + b"\n")
    load({f"{SNAPSHOTS}0000000001.json.gz": packed[: len(packed) - cut]})


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))
@settings(max_examples=EXAMPLES)
def test_any_key_among_the_manifests_is_read_or_refused_by_name(name: str) -> None:
    load({f"{MANIFESTS}{name}": json.dumps(MANIFEST).encode()})
    load({f"{SNAPSHOTS}{name}": gzip.compress(json.dumps(HEAD).encode())})


def test_a_foreign_object_among_the_manifests_is_named() -> None:
    with pytest.raises(Refused, match=f"s3://{BUCKET}/{MANIFESTS}zzz is no manifest"):
        ManifestLog.load(Stored({f"{MANIFESTS}zzz": b"{}"}), BUCKET)
