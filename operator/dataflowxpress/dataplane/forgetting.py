"""Forgetting: takes a column back that a wrong upload taught the catalog.

An order in the bucket makes this last: a crawl adds the column again as long as an object has it.
The job leaves the column out of the Parquet table, and refuses objects that have it.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.telemetry.context import Pool

from .batches import Batches
from .bounded import Stored, size_of
from .manifest_log import LOG_BYTES
from .manifest_pages import pages
from .manifest_reads import THREADS, listing
from .parquet_values import has_values, objects_with_values
from .requests import LONGEST_KEY, request_key
from .table_storage import DataFile

FORGOTTEN = f"{RESERVED_PREFIX}forgotten/"
REQUESTED = 100  # objects that get a request of their own


def order_key(table: str, column: str) -> str:
    """Return the key of the order; the name is the order, and the object is empty."""
    return f"{FORGOTTEN}{quote(table, safe='')}/{quote(column, safe='')}"


def forgotten(s3: Any, bucket: str) -> dict[str, set[str]]:
    """Return the forgotten columns of each table."""
    found: dict[str, set[str]] = {}
    for item in listing(s3, bucket, FORGOTTEN):
        table, _, column = item["Key"][len(FORGOTTEN) :].partition("/")
        found.setdefault(unquote(table), set()).add(unquote(column))
    return found


def objects_with(s3: Any, bucket: str, table: str, column: str) -> list[str]:
    """Return the keys of the objects that have values in *column* of the Parquet table."""
    written = _written(s3, bucket, table, column)

    def has_any(directories: Iterable[str]) -> bool:
        return any(has_values(s3, part, column) for part in _parts(s3, bucket, directories))

    def digests(file: DataFile) -> set[str]:
        return objects_with_values(s3, Stored(bucket, file.key), file.size, column)

    with Pool(THREADS) as pool:
        found = pool.map(has_any, written.directories.values())
        old = itertools.compress(written.directories, found)
        packed = set().union(*pool.map(digests, written.files))
        return sorted([*old, *(key for key in written.packed if _digest(key) in packed)])


def write_order(s3: Any, bucket: str, table: str, column: str) -> None:
    """Order that all later runs leave the column out."""
    s3.put_object(Bucket=bucket, Key=order_key(table, column), Body=b"")


def request_again(s3: Any, bucket: str, keys: Sequence[str]) -> None:
    """Request that the next run converts these objects again."""
    common = os.path.commonprefix(list(keys))  # noqa: RUF071 - prefixes in S3 are of characters
    for prefix in keys if len(keys) <= REQUESTED else [common]:
        while len(request_key(prefix).encode()) > LONGEST_KEY:  # a shorter prefix includes the key
            prefix = prefix[:-1]  # noqa: PLW2901
        s3.put_object(Bucket=bucket, Key=request_key(prefix), Body=b"")


class _Written(NamedTuple):
    """Where the rows of the objects are that may have a column."""

    packed: set[str]  # keys of objects whose rows are in the files
    files: list[DataFile]
    directories: dict[str, tuple[str, ...]]  # of objects from before tables had batches, by key


def _written(s3: Any, bucket: str, table: str, column: str) -> _Written:
    layouts: dict[str, Mapping[str, Any]] = {}
    names: dict[str, str] = {}  # of batches
    directories: dict[str, tuple[str, ...]] = {}
    batches = Batches()
    size = 0
    for page in pages(s3, bucket):
        batches.add(page)
        with page.stored.parsing():
            layouts.update(page.head["write_layouts"])
        for record in page.entries:
            with page.stored.parsing():
                key = str(record["key"])
                names.pop(key, None)
                directories.pop(key, None)
                types = layouts.get(record["write_layout"], {}).get("types", {})
                if record["table"] != table or column not in types:
                    continue
                if name := record.get("batch"):
                    names[key] = str(name)
                else:
                    directories[key] = tuple(map(str, record["directories"]))
                size += size_of([(key, *directories.get(key, ()))])
            if size > LOG_BYTES:
                raise Refused(f"the manifests up to {page.stored} name too many objects of {table}")
    found = (batches.by_name[name] for name in sorted({*names.values()}))
    return _Written({*names}, [file for batch in found for file in batch.files], directories)


def _parts(s3: Any, bucket: str, directories: Iterable[str]) -> Iterator[Stored]:
    for directory in directories:
        for item in listing(s3, bucket, directory):
            if item["Key"].endswith(".parquet"):
                yield Stored(bucket, item["Key"])


def _digest(key: str) -> str:
    """Return the value of `dfx_object` in the rows of an object."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
