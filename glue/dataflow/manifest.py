"""Manifest: the record of one commit, with an entry for each object."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dataflow.skip_reasons import Deferred, SkipReason, Uncrawled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dataflow.batches import Batch
    from dataflow.objects import Object

Json = dict[str, Any]

VERSION = 2


def entry_of(
    obj: Object, reading: str, skip_reason: SkipReason | None = None, table: str | None = None
) -> Json:
    """Return the entry of an object without rows; a deferred object has only a reason.

    *reading* is the digest of the options with which the object was read.
    """
    if isinstance(skip_reason, Deferred):
        uncrawled = {"uncrawled": True} if isinstance(skip_reason, Uncrawled) else {}
        return {"key": obj.key, "deferred": str(skip_reason), **uncrawled}
    return {
        "key": obj.key,
        "etag": obj.etag,
        "size": obj.size,
        "table": table,
        "read": 0,
        "rows": 0,
        "rejected": 0,
        "reason": str(skip_reason) if skip_reason else None,
        "batch": None,
        "rejected_directory": None,
        "write_layout": None,
        "reading": reading,
    }


def is_refused(entry: Json) -> bool:
    """Return whether an entry is of an object that cannot be read; an empty object has no rows."""
    return not entry["read"] and entry["size"] > 0


def manifest_of(  # noqa: PLR0913, PLR0917 - the fields of a commit
    run: str,
    pipeline: str,
    started: float,
    done: Sequence[Json],
    write_layouts: Mapping[str, Json],
    waiting: Mapping[str, str],
    batches: Mapping[str, Batch | None] = MappingProxyType({}),
    replaced: Mapping[str, str] = MappingProxyType({}),
) -> Json:
    """Return the manifest of the entries *done*; *waiting* has the reason for each waiting key.

    *batches* are those that change, and None for those without rows. *replaced* has all directories
    that were replaced and not deleted yet, with the times when they were.
    """
    finished = time.time()
    return {
        "version": VERSION,
        "run": run,
        "pipeline": pipeline,
        "started": utc(started),
        "finished": utc(finished),
        "seconds": round(finished - started, 3),
        "totals": {
            "objects": len(done),
            "rows": sum(entry["rows"] for entry in done),
            "rejected": sum(entry["rejected"] for entry in done),
            "refused": sum(map(is_refused, done)),
            "waiting": len(waiting),
        },
        "objects": list(done),
        "batches": {name: each.record() if each else None for name, each in batches.items()},
        "replaced": dict(replaced),
        "write_layouts": {
            name: write_layouts[name] for name in {entry["write_layout"] for entry in done} if name
        },
        "waiting": [{"key": key, "reason": reason} for key, reason in waiting.items()],
    }


def utc(seconds: float) -> str:
    """Return a time in seconds since 1970 as text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
