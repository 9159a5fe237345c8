"""Sample: a local file or an object in S3, of which the beginning is read."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from dataflowxpress.cli.failures import Failure

URL = re.compile(r"s3://([a-z0-9.-]+)/(.+)", re.DOTALL)
SUFFIXES = (
    *(".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xml", ".parquet", ".avro", ".orc"),
    *(".gz", ".bz2", ".zst", ".lz4", ".snappy", ".xz", ".zip"),
)
MOST = 256 * 2**20  # bytes of an object in S3, because some formats need all of it


class Sample(NamedTuple):
    """The local copy of a sample."""

    name: str  # as the user gave it
    path: Path

    @property
    def size(self) -> int:
        """The number of its bytes."""
        return self.path.stat().st_size

    def open(self) -> BufferedReader:
        """Return its bytes."""
        return self.path.open("rb")


def is_sample(name: str) -> bool:
    """Return whether *name* is a file or a URL, and no name of a pipeline."""
    looks_like_file = "/" in name or os.sep in name or name.lower().endswith(SUFFIXES)
    return looks_like_file or Path(name).is_file()


@contextlib.contextmanager
def opened(name: str) -> Iterator[Sample]:
    """Return a sample; raises Failure if it is too large, and errors of S3 and the system."""
    if not name.startswith("s3://"):
        if Path(name).is_dir():
            raise Failure(f"{name} is a folder", "give one file of it")
        yield Sample(name, Path(name))
        return
    if not (found := URL.fullmatch(name)):
        raise Failure(f"{name} is no object", "give a URL like s3://BUCKET/KEY")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample"
        _download(found[1], found[2], path)
        yield Sample(name, path)


def _download(bucket: str, key: str, path: Path) -> None:
    import boto3

    answer = boto3.client("s3").get_object(Bucket=bucket, Key=key)
    if answer["ContentLength"] > MOST:
        raise Failure(
            f"s3://{bucket}/{key} has more than {MOST:,} bytes",
            "give a smaller object as a sample",
        )
    with path.open("wb") as file:
        shutil.copyfileobj(answer["Body"], file)
