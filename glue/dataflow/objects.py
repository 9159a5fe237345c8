"""Objects: uploaded objects, and the names that no reader of Parquet tables accepts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dataflow.skip_reasons import Unreadable


@dataclass(frozen=True)
class Object:
    """One version of an object under the source prefix."""

    key: str
    etag: str
    size: int  # bytes
    modified: str  # ISO 8601


def check_key(obj: Object) -> None:
    """Raise Unreadable if crawlers and Athena ignore the object."""
    name = obj.key.rpartition("/")[2]
    if obj.size == 0:
        raise Unreadable("the object is empty")
    if name.startswith(("_", ".")) or name.endswith("._COPYING_"):
        raise Unreadable("Spark and Athena ignore objects whose names begin with _ or .")


def digest(key: str) -> str:
    """Return the identifier of an object's rows in the catalog, which depends on its key only."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
