"""Observation: what a pipeline's objects, catalog, manifests and status say, each by itself."""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dataflowxpress.api.status import Status
from tests.chaos.bucket import TARGET, Bucket
from tests.chaos.plan import Upload
from tests.iceberg_reader import loaded

RowId = tuple[int, int]  # upload, line
TEXTS = ("word", "code", "note")  # the other columns
Rows = dict[RowId, list[tuple[str | None, ...]]]  # the texts of each row, once or several times


@dataclass(frozen=True)
class Assessment:
    """How the facts differ from what was uploaded; all empty where they do not."""

    rows: int
    lost: list[RowId] = field(default_factory=list)
    doubled: list[RowId] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)  # rows and files that should not be
    wrong: list[str] = field(default_factory=list)  # what manifests and status say

    @property
    def differences(self) -> tuple[list[RowId], list[RowId], list[str], list[str]]:
        """Rows lost, doubled, changed and stray."""
        return self.lost, self.doubled, self.changed, self.stray

    @property
    def good(self) -> bool:
        return not (any(self.differences) or self.wrong)


@dataclass(frozen=True)
class Observation:
    """Looks at one pipeline from outside, with an administrator's permissions."""

    client: Callable[[str], Any]
    name: str  # of bucket and database
    scratch: Path
    is_iceberg: bool = False

    def assessment(self, uploads: Iterable[Upload], status: Status) -> Assessment:
        """Compare everything with the newest upload of each key."""
        newest = {upload.key: upload for upload in uploads}
        expected = {
            (upload.number, line): tuple(row.get(name) for name in TEXTS)
            for upload in newest.values()
            for line, row in enumerate(upload.rows)
        }
        bucket = Bucket(self.client("s3"), self.name)
        entries = bucket.entries()
        ways, files = self._in_iceberg() if self.is_iceberg else self._in_parquet(bucket)
        return Assessment(
            rows=sum(len(texts) for texts in ways["catalog"].values()),
            lost=sorted({row for found in ways.values() for row in expected.keys() - found.keys()}),
            doubled=sorted({r for found in ways.values() for r in found if len(found[r]) > 1}),
            changed=[
                f"{way}: row {row} is {texts}, uploaded as {expected[row]}"
                for way, found in ways.items()
                for row, texts in found.items()
                if row in expected and set(texts) != {expected[row]}
            ],
            stray=[
                *(f"{way}: row {r}" for way, rows in ways.items() for r in rows.keys() - expected),
                *files,
                *bucket.keys("dataflowxpress/staged/"),
                *bucket.started(),
            ],
            wrong=[
                *_manifests(newest, entries, bucket.uploaded(), ways["catalog"]),
                *_status(status, newest.values()),
            ],
        )

    def _in_parquet(self, bucket: Bucket) -> tuple[dict[str, Rows], list[str]]:
        """Return the rows by the ways to read them, and files that only S3 or a manifest has."""
        shown = [key for place in self._shown() for key in bucket.keys(place)]
        there, known = bucket.keys(TARGET), bucket.files()
        ways = {"catalog": self._rows(shown), "path": self._rows(there)}
        return ways, sorted(set(there) ^ known)

    def _in_iceberg(self) -> tuple[dict[str, Rows], list[str]]:
        """Return the rows of the table, and what runs have left beside it."""
        table = loaded(self.client("glue").meta.endpoint_url, self.name, "csv_data_iceberg")
        found: Rows = defaultdict(list)
        for row in table.scan().to_arrow().to_pylist():
            texts = (row.get(name) for name in TEXTS)
            found[row["upload"], row["line"]].append(
                tuple(None if text is None else str(text) for text in texts)
            )
        branches = [name for name in table.metadata.refs if name != "main"]
        return {"catalog": found}, branches

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

    def _rows(self, keys: list[str]) -> Rows:
        found: Rows = defaultdict(list)
        if not keys:
            return found
        folder = self.scratch / uuid.uuid4().hex
        folder.mkdir()
        for number, key in enumerate(keys):
            self.client("s3").download_file(self.name, key, str(folder / f"{number}.parquet"))
        with duckdb.connect() as database:  # the default one is shared by all threads
            files = database.read_parquet(f"{folder}/*.parquet", union_by_name=True)
            there = [name if name in files.columns else "null" for name in TEXTS]
            texts = ", ".join(f"cast({name} as varchar)" for name in there)
            for upload, line, *values in files.project(f"upload, line, {texts}").fetchall():
                found[upload, line].append(tuple(values))
        return found


def _manifests(
    newest: dict[str, Upload], entries: dict[str, dict[str, Any]], tags: dict[str, str], rows: Rows
) -> list[str]:
    """Return in what the newest entries differ from the objects and from their rows."""
    found = Counter(upload for (upload, _), texts in rows.items() for _ in texts)
    wrong = [f"the manifests name no {key}" for key in newest if key not in entries]
    for key, entry in entries.items():
        upload = newest[key]
        message = {name: entry[name] for name in ("etag", "rows", "rejected")}
        message["converted"] = bool(entry["write_layout"])
        is_so = {"etag": tags[key], "rows": found[upload.number], "rejected": 0}
        is_so["converted"] = not upload.form.poisoned
        if message != is_so:
            wrong.append(f"{key}: the manifests say {message}, but it is {is_so}")
    return wrong


def _status(status: Status, uploads: Collection[Upload]) -> list[str]:
    """Return what the status says that is not so."""
    data = status.data
    message = data and {
        "objects": data.objects,
        "rows": data.rows,
        "refused": data.refused,
        "unfinished": (data.rejected, data.waiting, data.dead_letters),
    }
    refused = sum(upload.form.poisoned for upload in uploads)
    is_so = {
        "objects": len(uploads) - refused,
        "rows": sum(len(upload.rows) for upload in uploads),
        "refused": refused,
        "unfinished": (0, 0, 0),
    }
    wrong = [] if message == is_so else [f"the status says {data}, but it is {is_so}"]
    for condition, expected in (("Ready", "True"), ("DataCurrent", str(not refused))):
        found = status[condition]
        if found is None or found.status != expected:
            wrong.append(f"the status says {found}")
    return wrong
