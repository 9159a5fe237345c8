"""Observation: what a pipeline's objects, catalog, manifests and status say, each by itself."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dataflowxpress.api.status import Status
from tests.chaos.bucket import TARGET, Bucket
from tests.chaos.plan import Upload

Row = tuple[int, int]  # upload, line


@dataclass(frozen=True)
class Assessment:
    """How the facts differ from what was uploaded; all empty where they do not."""

    rows: int
    lost: list[Row] = field(default_factory=list)
    doubled: list[Row] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)  # rows and files that should not be
    wrong: list[str] = field(default_factory=list)  # what manifests and status say

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.stray or self.wrong)


@dataclass(frozen=True)
class Observation:
    """Looks at one pipeline from outside, with an administrator's permissions."""

    client: Callable[[str], Any]
    name: str  # of bucket and database
    scratch: Path

    def assessment(self, uploads: Iterable[Upload], status: Status) -> Assessment:
        """Compare everything with the newest upload of each key."""
        newest = {upload.key: upload for upload in uploads}
        expected = {(up.number, line) for up in newest.values() for line in range(up.rows)}
        bucket = Bucket(self.client("s3"), self.name)
        shown = [key for place in self._shown() for key in bucket.keys(place)]
        there, entries = bucket.keys(TARGET), bucket.entries()
        known = {key for e in entries.values() for d in e["directories"] for key in bucket.keys(d)}
        ways = {"catalog": self._rows(shown), "path": self._rows(there)}
        return Assessment(
            rows=sum(ways["catalog"].values()),
            lost=sorted({row for found in ways.values() for row in expected - found.keys()}),
            doubled=sorted({r for found in ways.values() for r in found if found[r] > 1}),
            stray=[
                *(f"{way}: row {r}" for way, rows in ways.items() for r in rows.keys() - expected),
                *sorted(set(there) - known),
                *bucket.started(),
            ],
            wrong=[
                *_manifests(newest, entries, bucket.uploaded(), ways["path"]),
                *_status(status, len(newest), len(expected)),
            ],
        )

    def _shown(self) -> list[str]:
        """Return where the catalog says the rows are."""
        glue = self.client("glue")
        listed = glue.get_tables(DatabaseName=self.name)["TableList"]
        tables = [table["Name"] for table in listed if table["Name"].endswith("_parquet")]
        pages = (
            page
            for table in tables
            for page in glue.get_paginator("get_partitions").paginate(
                DatabaseName=self.name, TableName=table
            )
        )
        locations = [
            p["StorageDescriptor"]["Location"] for page in pages for p in page["Partitions"]
        ]
        return [re.sub(f"^s3://{self.name}/", "", location) for location in locations]

    def _rows(self, keys: list[str]) -> Counter[Row]:
        if not keys:
            return Counter()
        folder = self.scratch / uuid.uuid4().hex
        folder.mkdir()
        for number, key in enumerate(keys):
            self.client("s3").download_file(self.name, key, str(folder / f"{number}.parquet"))
        with duckdb.connect() as database:  # the default one is shared by all threads
            files = database.read_parquet(f"{folder}/*.parquet", union_by_name=True)
            return Counter(files.project("upload, line").fetchall())


def _manifests(
    newest: dict[str, Upload],
    entries: dict[str, dict[str, Any]],
    tags: dict[str, str],
    rows: Counter[Row],
) -> list[str]:
    """Return in what the newest entries differ from the objects and from their rows."""
    found = Counter(upload for upload, _ in rows.elements())
    wrong = [f"the manifests name no {key}" for key in newest if key not in entries]
    for key, entry in entries.items():
        message = {name: entry[name] for name in ("etag", "rows", "rejected")}
        is_so = {"etag": tags[key], "rows": found[newest[key].number], "rejected": 0}
        if message != is_so:
            wrong.append(f"{key}: the manifests say {message}, but it is {is_so}")
    return wrong


def _status(status: Status, objects: int, rows: int) -> list[str]:
    """Return what the status says that is not so."""
    data = status.data
    message = data and (data.objects, data.rows, data.rejected, data.waiting, data.dead_letters)
    wrong = []
    if message != (objects, rows, 0, 0, 0):
        wrong.append(f"the status says {data}, but there are {objects} objects, {rows} rows")
    for condition in ("Ready", "DataCurrent"):
        found = status[condition]
        if found is None or found.status != "True":
            wrong.append(f"the status says {found}")
    return wrong
